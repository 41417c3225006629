import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { OpenLoadSpec } from '../../src/result/open-load.js'
import { fromDist } from '../helpers/dist.js'
import { startLoadServer, stopLoadServers } from '../helpers/load-server.js'

const { createOpenGenerator } = await fromDist<typeof import('../../src/load/index.js')>('load/index.js')

/** Answers at once, notes when requests arrive, and stands still for a second on its 100th request when told to. */
const SERVER = `
  const arrivals = []
  require('node:http').createServer((request, response) => {
    arrivals.push(performance.now())
    if (process.argv[1] === 'stall' && arrivals.length === 100) {
      for (const end = performance.now() + 1000; performance.now() < end; );
    }
    response.end('ok')
  }).listen(0, '127.0.0.1', function () { process.send(this.address().port) })
  process.on('message', () => process.send(arrivals))
  process.on('disconnect', () => process.exit())`

let server: ChildProcess | undefined
const generator = createOpenGenerator()
const signal = new AbortController().signal
afterEach(async () => {
  await generator.stop()
  await stopLoadServers()
  if (server?.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
})

async function spec(behaviour: string, overrides: Partial<OpenLoadSpec> = {}): Promise<OpenLoadSpec> {
  server = spawn(process.execPath, ['-e', SERVER, behaviour], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = (await once(server, 'message')) as [number]
  return { ...plain, address: { host: '127.0.0.1', port }, ...overrides }
}

const plain: OpenLoadSpec = {
  address: { host: '127.0.0.1', port: 0 },
  request: { method: 'GET', path: '/', headers: {}, body: null },
  ratePerSecond: 100,
  arrivals: 'constant',
  seed: 1,
  maxConnections: 500,
  rampSeconds: 0.3,
  windowSeconds: 2,
  timeoutSeconds: 5,
}

describe('the open load generator', () => {
  it('sends by the clock: the asked rate, evenly spaced, each request accounted for', async () => {
    const asked = await spec('steady')
    const { requests, offeredRps, statusCounts, latenessUs, underWay } = await generator.run(asked, signal)
    expect(offeredRps).toBeCloseTo(100, -1)
    expect(requests.sent).toBe(requests.done)
    expect(statusCounts).toEqual({ 200: requests.done })
    expect(underWay.atClose).toBeLessThan(50)
    // Half of all requests leave within a millisecond of their time, unless the machine has no CPU for us at all.
    expect(latenessUs.p50).toBeLessThan(2000)
    server?.send('report')
    const [arrivals] = (await once(server!, 'message')) as [number[]]
    const gaps = arrivals.slice(1).map((at, index) => at - arrivals[index]!)
    const errors = gaps.map((gap) => Math.abs(gap - 10)).toSorted((a, b) => a - b)
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(2)
  })

  it('charges a stall of one second to all requests that it delayed', async () => {
    const { latencyUs, requests } = await generator.run(await spec('stall', { windowSeconds: 3 }), signal)
    expect(requests.done).toBe(requests.sent)
    // A closed loop would have seen one slow request; here a third of the window waited, up to a second.
    expect(latencyUs.p99).toBeGreaterThan(850_000)
    expect(latencyUs.p95).toBeGreaterThan(500_000)
  })

  it('leaves nothing for the server to work off in the next trial', async () => {
    // 10 ms each, one at a time: half of what is sent waits when the window closes.
    const slow = await startLoadServer({ kind: 'blocking', waitMs: 10 })
    const load = { ...plain, address: slow.address, ratePerSecond: 200, windowSeconds: 0.5 }
    const { underWay } = await generator.run(load, signal)
    expect(underWay.atClose).toBeGreaterThan(20)
    const { requests } = await slow.report()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await slow.report()).requests).toBe(requests)
  })

  it('counts hang-ups, statuses and timeouts', async () => {
    const dropping = await startLoadServer({ kind: 'keep', every: 5 })
    const dropped = await generator.run({ ...plain, address: dropping.address, windowSeconds: 1 }, signal)
    expect(dropped.requests.lost).toBeGreaterThan(10)
    expect(dropped.requests.sent).toBe(
      dropped.requests.done + dropped.requests.lost + dropped.requests.errors,
    )
    const failing = await startLoadServer({ kind: 'close', status: 503 })
    const failed = await generator.run({ ...plain, address: failing.address, windowSeconds: 0.5 }, signal)
    expect(failed.requests.non2xx).toBe(failed.requests.done)
    const refused = { ...plain, address: { host: '127.0.0.1', port: 1 }, windowSeconds: 0.5 }
    const { requests, errorSamples } = await generator.run(refused, signal)
    expect(requests.errors).toBe(requests.sent)
    expect(errorSamples[0]).toContain('ECONNREFUSED')
  })

  it('does not begin when it is told to stop while its process starts', async () => {
    const asked = await spec('steady', { windowSeconds: 60 })
    const controller = new AbortController()
    const running = generator.run(asked, controller.signal)
    controller.abort(new Error('Ctrl-C'))
    await expect(running).rejects.toThrow('Ctrl-C')
  })

  it('stops at once when it is told to, and is good for the next window', async () => {
    const asked = await spec('steady', { windowSeconds: 60 })
    const controller = new AbortController()
    const running = generator.run(asked, controller.signal)
    setTimeout(() => controller.abort(new Error('Ctrl-C')), 400)
    await expect(running).rejects.toThrow('Ctrl-C')
    const { requests } = await generator.run({ ...asked, windowSeconds: 0.3 }, signal)
    expect(requests.done).toBeGreaterThan(10)
  })
})
