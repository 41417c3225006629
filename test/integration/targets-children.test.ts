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

describe.runIf(process.platform === 'linux')('a process that the app starts and waits for', () => {
  let stop: () => Promise<void> = () => Promise.resolve()
  afterEach(() => stop())

  it.each(TARGETS)('is CPU of the app: %s', async (_, target) => {
    const server = await target.start(new AbortController().signal)
    stop = () => server.stop()
    if (!('port' in server.address)) throw new Error('expected a port')
    const before = await server.counters()
    const answer = await fetch(`http://127.0.0.1:${server.address.port}/child`)
    expect(await answer.text()).toBe('ok')
    const after = await server.counters()
    // Ticks are of 10 ms, and the parent itself uses a little.
    expect(after.cpuSeconds! - before.cpuSeconds!).toBeGreaterThan(0.28)
  })
})
