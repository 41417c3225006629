import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Target } from '../../src/experiment/ports.js'
import type { CommandTargetOptions, RunningProcessServer } from '../../src/targets/index.js'
import { readProcesses, treeOf } from '../../src/targets/process-tree.js'
import { fromDist } from '../helpers/dist.js'
import { waitUntilGone } from '../helpers/processes.js'

const { commandTarget } = await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const never = new AbortController().signal
const request = { method: 'GET', path: '/', headers: {}, body: null }

const template = (behaviour: string) =>
  `"${process.execPath}" "${fixture('any-server.mjs')}" ${behaviour} {port} {workers}`

function target(behaviour: string, given: Partial<CommandTargetOptions> = {}) {
  return commandTarget({
    label: 'any',
    workload: null,
    configuration: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 10 },
    template: template(behaviour),
    cwd: process.cwd(),
    request,
    ...given,
  })
}

async function failureOf(promise: Promise<unknown>) {
  const failure = await promise.then(
    () => null,
    (error: unknown) => error as { message: string; code: string; exit: number },
  )
  if (failure === null) throw new Error('expected a rejection')
  const pids = [...failure.message.matchAll(/pids ([\d ]+)/g)].flatMap(([, text]) =>
    text!.split(' ').map(Number),
  )
  return { ...failure, message: failure.message, pids }
}

describe('a command as a target', () => {
  const running: RunningProcessServer[] = []
  const start = async (behaviour: string) => {
    const server = await target(behaviour).start(never)
    running.push(server)
    const pids = treeOf(server.leaderPid, await readProcesses()).map(({ pid }) => pid)
    expect(pids).toHaveLength(3)
    return { server, pids }
  }
  afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))

  it('serves where it was told, counts by /proc, and is gone when it has stopped', async () => {
    const asThePortWantsIt: Target = target('ok')
    expect(asThePortWantsIt.configuration.workers).toBe(2)
    const { server, pids } = await start('ok')
    const before = await server.counters()
    for (let sent = 0; sent < 20; sent++) {
      const response = await fetch(`http://127.0.0.1:${server.address.port}/burn`)
      expect(await response.text()).toBe('ok')
    }
    const after = await server.counters()
    // 20 requests of 5 ms; the kernel counts CPU in ticks of 10 ms.
    expect((after.cpuSeconds ?? 0) - (before.cpuSeconds ?? 0)).toBeGreaterThan(0.05)
    expect(after).toMatchObject({ loops: [], requestsPerWorker: [], processes: 3 })
    expect(after.contextSwitches).toBeGreaterThan(before.contextSwitches ?? Infinity)
    const { arbiterPssBytes, workersPssBytes, rssBytes } = after.memory
    expect(arbiterPssBytes).toBeGreaterThan(1e6)
    expect(workersPssBytes).toBeGreaterThan(2e6)
    expect(rssBytes).toBeGreaterThanOrEqual(arbiterPssBytes! + workersPssBytes!)
    await server.stop()
    await waitUntilGone(pids, 0)
    await server.stop()
  })

  it('ends a server that ignores TERM, and a worker that left its group', async () => {
    const { server, pids } = await start('deaf')
    await server.stop()
    await waitUntilGone(pids, 0)
  })

  it.each([
    ['crash', 'TUNE_E_TARGET_DIED', /exit code 7[\s\S]*no database/],
    ['elsewhere', 'TUNE_E_TARGET_ELSEWHERE', /listens on port \d+, not on \d+/],
    ['fork-away', 'TUNE_E_TARGET_FORKED', /went into the background/],
    ['never', 'TUNE_E_TARGET_SILENT', /did not listen on 127\.0\.0\.1:\d+ within 2 s/],
    ['mute', 'TUNE_E_TARGET_SILENT', /answered nothing within 2 s/],
  ])('%s: says so with exit 3, and leaves nothing', async (behaviour, code, message) => {
    const slow = behaviour === 'elsewhere' ? {} : { bootSeconds: 2 }
    const failure = await failureOf(target(behaviour, slow).start(never))
    expect(failure).toMatchObject({ code, exit: 3 })
    expect(failure.message).toMatch(message)
    expect(failure.pids.length).toBeGreaterThan(behaviour === 'crash' ? -1 : 1)
    await waitUntilGone(failure.pids, 0)
  })

  it('says that there is no such program', async () => {
    const failure = await failureOf(target('', { template: 'no-such-server --port {port}' }).start(never))
    expect(failure).toMatchObject({ code: 'TUNE_E_COMMAND', exit: 2 })
  })

  it('never gives the command to a shell', async () => {
    const failure = await failureOf(target('', { template: 'echo $HOME ; sleep 5 {port}' }).start(never))
    expect(failure.message).toMatch(/\$HOME ; sleep 5 \d+/)
  })

  it('leaves nothing when it is told to stop while it starts', async () => {
    const controller = new AbortController()
    const starting = target('never').start(controller.signal)
    starting.catch(() => undefined)
    const children = async () =>
      (await readProcesses()).filter(({ parentPid }) => parentPid === process.pid).map(({ pid }) => pid)
    let tree: number[] = []
    while (tree.length < 3) {
      const all = await readProcesses()
      tree =
        (await children())
          .map((pid) => treeOf(pid, all).map((info) => info.pid))
          .find((pids) => pids.length === 3) ?? []
    }
    const told = new Error('told to stop')
    controller.abort(told)
    await expect(starting).rejects.toMatchObject({ name: expect.stringMatching(/Error/) as string })
    await waitUntilGone(tree, 0)
  })

  it('does not outlive the process that started it, however that died', async () => {
    const parent = fork(fixture('command-parent.mjs'), [template('deaf')])
    try {
      const [{ pids }] = (await once(parent, 'message')) as [{ pids: number[] }]
      expect(pids).toHaveLength(3)
      parent.kill('SIGKILL')
      await waitUntilGone(pids, 5000)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})
