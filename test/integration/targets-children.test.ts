import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Target } from '../../src/experiment/ports.js'
import { fromDist } from '../helpers/dist.js'

const { bundledTarget, commandTarget } =
  await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const app = fileURLToPath(new URL('fixtures/starts-children.mjs', import.meta.url))
const configuration = { workerClass: 'async' as const, workers: 1, threads: 1, workerConnections: 10 }
const common = { label: 'children', workload: null, cwd: process.cwd(), configuration }
const request = { method: 'GET', path: '/', headers: {}, body: null }

const TARGETS: [string, Target][] = [
  ['the bundled server', bundledTarget({ ...common, app })],
  [
    'a server of any make',
    commandTarget({ ...common, template: `"${process.execPath}" "${app}" {port}`, request }),
  ],
]

describe.runIf(process.platform === 'linux')('a process that the app starts', () => {
  let stop: () => Promise<void> = () => Promise.resolve()
  afterEach(() => stop())

  /** What a request for this path adds to the counters. */
  async function around(target: Target, path: string) {
    const server = await target.start(new AbortController().signal)
    stop = () => server.stop()
    if (!('port' in server.address)) throw new Error('expected a port')
    const before = await server.counters()
    const answer = await fetch(`http://127.0.0.1:${server.address.port}${path}`)
    expect(await answer.text()).toBe('ok')
    return { before, after: await server.counters() }
  }

  it.each(TARGETS)('and waits for is CPU of the app: %s', async (_, target) => {
    const { before, after } = await around(target, '/child')
    // Ticks are of 10 ms, and the parent itself uses a little.
    expect(after.cpuSeconds! - before.cpuSeconds!).toBeGreaterThan(0.28)
  })

  it('and keeps is told apart from the worker under the bundled server', async () => {
    const { before, after } = await around(TARGETS[0]![1], '/kept')
    expect(before.memory.helpersBytes).toBeUndefined()
    expect(after.memory.helpersBytes).toBeGreaterThan(80e6)
    expect(after.memory.workersPssBytes! - after.memory.helpersBytes!).toBeLessThan(80e6)
    expect(after.memory.rssBytes! - before.memory.rssBytes!).toBeLessThan(80e6)
  })

  it.each(TARGETS)('and keeps is memory of the server: %s', async (_, target) => {
    const { before, after } = await around(target, '/kept')
    const figures = [before, after].map(({ memory: { arbiterPssBytes, workersPssBytes, apart } }) => [
      // Of one process with a child it cannot be told which of them is a worker.
      (arbiterPssBytes ?? 0) + workersPssBytes!,
      apart!.arbiterBytes + apart!.workersBytes,
    ])
    for (const [index, bytes] of figures[1]!.entries()) {
      expect(bytes - figures[0]![index]!).toBeGreaterThan(80e6)
    }
  })
})
