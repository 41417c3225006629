import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { fromDist } from '../helpers/dist.js'
import { startLoadServer, stopLoadServers } from '../helpers/load-server.js'
import { readProcesses } from '../../src/targets/process-tree.js'
import { waitUntilGone } from '../helpers/processes.js'

const { createLoadGenerator } = await fromDist<typeof import('../../src/load/index.js')>('load/index.js')
const PARENT = fileURLToPath(new URL('fixtures/load-parent.mjs', import.meta.url))

describe('generator processes', () => {
  let parent: ChildProcess | undefined
  afterEach(async () => {
    parent?.kill('SIGKILL')
    parent = undefined
    await stopLoadServers()
  })

  async function startParent(): Promise<{ parent: ChildProcess; generatorPids: number[] }> {
    const server = await startLoadServer({ kind: 'keep', waitMs: 1 })
    parent = fork(PARENT, [JSON.stringify(server.address)], { execArgv: [] })
    const [{ generatorPids }] = (await once(parent, 'message')) as [{ generatorPids: number[] }]
    expect(generatorPids).toHaveLength(1)
    while ((await server.report()).requests === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    return { parent, generatorPids }
  }

  it('are gone within three seconds when their parent is killed in the middle of a trial', async () => {
    const { parent, generatorPids } = await startParent()
    parent.kill('SIGKILL')
    await waitUntilGone(generatorPids, 3000)
  })

  it('fail their trial loudly when they die', async () => {
    const { parent, generatorPids } = await startParent()
    process.kill(generatorPids[0]!, 'SIGKILL')
    const [message] = await once(parent, 'message')
    expect(message.failed).toMatchObject({ code: 'TUNE_E_GENERATOR' })
    expect(message.failed.message).toContain('SIGKILL')
  })

  it('are gone when the generator was stopped, also when they had never worked', async () => {
    const before = await ownChildren()
    const generator = createLoadGenerator({ processes: 2 })
    const started = (await ownChildren()).filter((pid) => !before.includes(pid))
    expect(started).toHaveLength(2)
    await generator.stop()
    await waitUntilGone(started, 1000)
  })

  it('are replaced when they died between two trials', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 1 })
    const before = await ownChildren()
    const generator = createLoadGenerator()
    try {
      const [pid] = (await ownChildren()).filter((child) => !before.includes(child))
      process.kill(pid!, 'SIGKILL')
      await waitUntilGone([pid!], 1000)
      const request = { method: 'GET', path: '/', headers: {}, body: null }
      const window = { rampSeconds: 0, windowSeconds: 0.1, timeoutSeconds: 1 }
      const load = { address: server.address, request, connections: 2, ...window }
      // The first trial may still meet the dead one, and says so; it never hangs and never invents figures.
      await generator.run(load, new AbortController().signal).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'TUNE_E_GENERATOR' })
      })
      expect((await generator.run(load, new AbortController().signal)).requests.done).toBeGreaterThan(0)
    } finally {
      await generator.stop()
    }
  })

  it('stay on their CPUs when one is replaced', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 1 })
    const before = await ownChildren()
    const added = async () => (await ownChildren()).filter((child) => !before.includes(child))
    const cpus = (await allowedCpus(process.pid)).split(/[-,]/)[0]!
    const generator = createLoadGenerator({ cpus })
    try {
      const [pid] = await added()
      process.kill(pid!, 'SIGKILL')
      await waitUntilGone([pid!], 1000)
      const request = { method: 'GET', path: '/', headers: {}, body: null }
      const window = { rampSeconds: 0, windowSeconds: 0.1, timeoutSeconds: 1 }
      const load = { address: server.address, request, connections: 2, ...window }
      const run = () => generator.run(load, new AbortController().signal)
      await run().catch(run)
      const [replacement] = await added()
      expect(replacement).not.toBe(pid)
      expect(await allowedCpus(replacement!)).toBe(cpus)
    } finally {
      await generator.stop()
    }
  })

  it('are asked for one trial at a time', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 1 })
    const generator = createLoadGenerator()
    const request = { method: 'GET', path: '/', headers: {}, body: null }
    const load = {
      ...{ address: server.address, request, connections: 2 },
      ...{ rampSeconds: 0, windowSeconds: 0.1, timeoutSeconds: 1 },
    }
    const run = () => generator.run(load, new AbortController().signal)
    try {
      const [first, second] = await Promise.allSettled([run(), run()])
      expect(first.status).toBe('fulfilled')
      expect(second).toMatchObject({ reason: { message: expect.stringContaining('one trial') as string } })
      // The refusal has not disturbed the generator.
      expect((await run()).requests.done).toBeGreaterThan(0)
    } finally {
      await generator.stop()
    }
  })
})

async function ownChildren(): Promise<number[]> {
  return (await readProcesses()).filter(({ parentPid }) => parentPid === process.pid).map(({ pid }) => pid)
}

/** As the kernel lists them, e.g. `0-1`. */
async function allowedCpus(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? ''
}
