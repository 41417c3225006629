import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { bundledTarget, type BundledTargetOptions, type RunningBundled } from '../../src/targets/index.js'
import type { Target } from '../../src/experiment/ports.js'
import { readProcesses, treeOf } from '../../src/targets/process-tree.js'
import { waitUntilGone } from '../helpers/processes.js'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const never = new AbortController().signal

function target(behaviour: string, given: Partial<BundledTargetOptions> = {}) {
  return bundledTarget({
    label: 'fake',
    workload: null,
    configuration: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 10 },
    app: 'app.js',
    cwd: process.cwd(),
    env: { FAKE_SERVER: behaviour },
    program: fixture('fake-server-process.mjs'),
    ...given,
  })
}

describe('the bundled target', () => {
  const running: RunningBundled[] = []
  const start = async (behaviour: string) => {
    const server = await target(behaviour).start(never)
    running.push(server)
    const pids = treeOf(server.arbiterPid, await readProcesses()).map(({ pid }) => pid)
    expect(pids).toHaveLength(3)
    return { server, pids }
  }
  afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))

  it('starts, answers, counts, and is gone when it has stopped', async () => {
    const asThePortWantsIt: Target = target('')
    expect(asThePortWantsIt.label).toBe('fake')
    const { server, pids } = await start('')
    if (!('port' in server.address)) throw new Error('expected a port')
    const before = await server.counters()
    expect(await (await fetch(`http://127.0.0.1:${server.address.port}/`)).text()).toBe('ok')
    const after = await server.counters()
    expect(server.app).toEqual({ kind: 'handler', loader: 'plain' })
    expect(before.requestsPerWorker).toEqual([0, 0])
    expect(after.requestsPerWorker).toEqual([1, 0])
    expect(after.atMs).toBeGreaterThan(before.atMs)
    expect(after.cpuSeconds).toBeCloseTo(0.006, 6)
    expect(after.gcSeconds).toBe(1)
    expect(after.memory.workersPssBytes).toBeGreaterThan(0)
    expect(after.memory.rssBytes).toBeGreaterThan(after.memory.workersPssBytes ?? Infinity)
    expect(after.processes).toBe(3)
    expect(after.peakRssBytes).toBeGreaterThanOrEqual(0.9 * (after.memory.rssBytes ?? Infinity))
    expect(after.contextSwitches).toBeGreaterThan(before.contextSwitches ?? Infinity)
    await server.stop()
    await waitUntilGone(pids, 0)
    await server.stop()
  })

  it('has killed what does not go by itself when stop resolves', async () => {
    for (const behaviour of ['deaf', 'deaf-workers']) {
      const { server, pids } = await start(behaviour)
      await server.stop()
      await waitUntilGone(pids, 0)
    }
  })

  it('fails with the server’s own code, exit and advice, and its last words', async () => {
    const failure = await rejectionOf(target('fail').start(never))
    expect(failure).toMatchObject({ code: 'TUNE_E_APP_LOAD', exit: 4, suggestions: ['Fix app.js'] })
    expect(failure.message).toContain('app.js throws')
    await waitUntilGone(pidsIn(failure.message), 0)
  })

  it('says how it ended when it ends before it is ready', async () => {
    const failure = await rejectionOf(target('crash').start(never))
    expect(failure).toMatchObject({ code: 'TUNE_E_TARGET_DIED', exit: 3 })
    expect(failure.message).toMatch(/exit code 7[\s\S]*out of luck/)
    await waitUntilGone(pidsIn(failure.message), 0)
  })

  it('leaves nothing when it is told to stop while it starts', async () => {
    const told = new Error('told to stop')
    const controller = new AbortController()
    const before = await ownChildren()
    const starting = target('silent').start(controller.signal)
    starting.catch(() => undefined)
    let tree: number[] = []
    while (tree.length < 3) {
      const [arbiter] = (await ownChildren()).filter((pid) => !before.includes(pid))
      tree = arbiter === undefined ? [] : treeOf(arbiter, await readProcesses()).map(({ pid }) => pid)
    }
    controller.abort(told)
    await expect(starting).rejects.toBe(told)
    await waitUntilGone(tree, 0)
  })

  it('does not start at all when it was told to stop before', async () => {
    const before = await ownChildren()
    await expect(target('').start(AbortSignal.abort())).rejects.toThrow()
    expect(await ownChildren()).toEqual(before)
  })

  it('says that the server died when its counters are asked for', async () => {
    const { server, pids } = await start('')
    process.kill(server.arbiterPid, 'SIGKILL')
    const failure = await rejectionOf(server.counters())
    expect(failure).toMatchObject({ code: 'TUNE_E_TARGET_DIED' })
    expect(failure.message).toContain('SIGKILL')
    await server.stop()
    await waitUntilGone(pids, 0)
  })

  it('does not outlive the process that started it, however that died', async () => {
    const parent: ChildProcess = fork(fixture('target-parent.mjs'), [fixture('fake-server-process.mjs')])
    try {
      const [{ pids }] = (await once(parent, 'message')) as [{ pids: number[] }]
      expect(pids).toHaveLength(3)
      parent.kill('SIGKILL')
      await waitUntilGone(pids, 3000)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})

interface Failure {
  message: string
}

async function rejectionOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => {
      throw new Error('expected a rejection')
    },
    (error: unknown) => error as Failure,
  )
}

/** The fixture prints the pids of itself and its workers, and the last lines of stderr are part of the message. */
function pidsIn(message: string): number[] {
  const pids = /pids ([\d ]+)/.exec(message)?.[1]?.split(' ').map(Number) ?? []
  expect(pids).toHaveLength(3)
  return pids
}

async function ownChildren(): Promise<number[]> {
  return (await readProcesses()).filter(({ parentPid }) => parentPid === process.pid).map(({ pid }) => pid)
}
