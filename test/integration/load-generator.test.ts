import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LoadGenerator } from '../../src/experiment/ports.js'
import type { LoadSpec } from '../../src/result/load.js'
import type { Address } from '../../src/result/request.js'
import { loadOutcomeSchema, type LoadOutcome } from '../../src/result/trial.js'
import { fromDist } from '../helpers/dist.js'
import { startLoadServer, stopLoadServers } from '../helpers/load-server.js'

const { createLoadGenerator } = await fromDist<typeof import('../../src/load/index.js')>('load/index.js')
const { startLoad } = await fromDist<typeof import('../../src/load/load.js')>('load/load.js')

function spec(address: Address, given: Partial<LoadSpec> = {}): LoadSpec {
  return {
    address,
    request: { method: 'GET', path: '/', headers: {}, body: null },
    connections: 4,
    rampSeconds: 0.1,
    windowSeconds: 0.5,
    timeoutSeconds: 5,
    ...given,
  }
}

const never = new AbortController().signal

/** What holds in every trial, whatever the server did. */
function expectSound(outcome: LoadOutcome, connections: number): void {
  expect(loadOutcomeSchema.parse(outcome)).toEqual(outcome)
  const { sent, done, errors, timeouts, lost, inFlight, non2xx } = outcome.requests
  expect(sent).toBe(done + errors + lost + inFlight)
  expect(timeouts).toBeLessThanOrEqual(errors)
  expect(non2xx).toBeLessThanOrEqual(done)
  expect(Object.values(outcome.statusCounts).reduce((sum, count) => sum + count, 0)).toBe(done)
  expect(outcome.concurrency).toBeLessThanOrEqual(connections * 1.001)
  // Whole requests touch the window, shares of them are in it: at most one more per connection at each edge.
  expect(outcome.throughputRps * outcome.windowSeconds).toBeLessThanOrEqual(done + 1e-6)
  expect(outcome.throughputRps * outcome.windowSeconds).toBeGreaterThanOrEqual(done - 2 * connections)
  expect(outcome.generatorCpu).toBeGreaterThan(0)
  expect(outcome.generatorCpu).toBeLessThanOrEqual(1.2)
}

describe('the load generator', () => {
  let generator: LoadGenerator
  beforeAll(() => {
    generator = createLoadGenerator()
  })
  afterAll(() => generator.stop())
  afterEach(stopLoadServers)

  it('measures a server that closes after each answer', async () => {
    // What a connection of its own costs does not grow with the wait: 1 ms of it on a quick host, 2 to 4 ms seen on a slow one.
    const server = await startLoadServer({ kind: 'close', waitMs: 100 })
    const outcome = await generator.run(spec(server.address, { windowSeconds: 2, connections: 2 }), never)
    const { medianMs } = await server.report()
    expectSound(outcome, 2)
    expect(outcome.requests).toMatchObject({ errors: 0, lost: 0, inFlight: 0, non2xx: 0 })
    // The server's own clock says how long its 100 ms really were on this machine.
    expect(outcome.latencyUs.p50).toBeGreaterThanOrEqual(medianMs * 1000 * 0.98)
    expect(outcome.latencyUs.p50).toBeLessThanOrEqual(medianMs * 1000 * 1.06)
    expect(outcome.littleRatio).toBeGreaterThan(0.95)
    expect(outcome.littleRatio).toBeLessThan(1.05)
    expect(outcome.connects).toBeGreaterThanOrEqual(outcome.requests.done)
    expect(outcome.connectMeanUs).toBeGreaterThan(0)
    expect(outcome.connectMeanUs).toBeLessThan((outcome.latencyUs.mean ?? 0) - medianMs * 900)
  })

  it('leaves nothing for the server to work off in the next trial', async () => {
    // One at a time, 10 ms each: of twenty clients nineteen wait in the backlog, their requests sent.
    const server = await startLoadServer({ kind: 'blocking', waitMs: 10 })
    const load = spec(server.address, { connections: 20, rampSeconds: 0.3 })
    const first = await generator.run(load, never)
    const { requests: afterFirst } = await server.report()
    expect(first.requests).toMatchObject({ errors: 0, lost: 0, inFlight: 0 })
    // Whatever the server has begun has been answered, and was counted.
    expect(first.answers).toBe(afterFirst)
    const second = await generator.run(load, never)
    const { requests: afterSecond } = await server.report()
    expect(second.answers).toBe(afterSecond - afterFirst)
  })

  it('may be told to send nothing more while a connection is about to be replaced', async () => {
    const { address } = await startLoadServer({ kind: 'close' })
    const ignore = () => undefined
    const others = { connecting: ignore, connected: ignore, began: ignore, failed: ignore }
    // The answer says that the server closes: the successor is due in the next phase of the loop, and this comes before it.
    const answered = () => {
      queueMicrotask(() => {
        for (const connection of load.connections) connection.halt()
      })
    }
    const load = startLoad(spec(address, { connections: 1 }), { ...others, answered })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(load.connections[0]?.underWaySinceMs).toBeNull()
    await expect(load.stop()).resolves.toBeUndefined()
  })

  describe('where clients come', () => {
    const counted = () => {
      const ignore = () => undefined
      let begun = 0
      const connecting = () => {
        begun++
      }
      const observer = { connecting, connected: ignore, began: ignore, answered: ignore, failed: ignore }
      return { observer, begun: () => begun }
    }

    it('lets them come one by one while there is a ramp', async () => {
      const { address } = await startLoadServer({ kind: 'keep' })
      const { observer, begun } = counted()
      const load = startLoad(spec(address, { connections: 10, rampSeconds: 0.2 }), observer)
      expect(begun()).toBe(1)
      await expect.poll(begun).toBe(10)
      expect(load.connections.every(({ failuresInRow }) => failuresInRow === 0)).toBe(true)
      await load.stop()
      expect(begun()).toBe(10)
    })

    it('lets them all come at once where there is none', async () => {
      const { address } = await startLoadServer({ kind: 'keep' })
      const { observer, begun } = counted()
      const load = startLoad(spec(address, { connections: 10, rampSeconds: 0 }), observer)
      expect(begun()).toBe(10)
      await load.stop()
    })

    it('sends nobody any more once it is stopped', async () => {
      const { address } = await startLoadServer({ kind: 'keep' })
      const { observer, begun } = counted()
      const load = startLoad(spec(address, { connections: 10, rampSeconds: 0.2 }), observer)
      await load.stop()
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(begun()).toBe(1)
    })
  })

  it('does not wait for a server that hangs', async () => {
    const server = await startLoadServer({ kind: 'hang' })
    const startMs = performance.now()
    const outcome = await generator.run(spec(server.address, { timeoutSeconds: 1 }), never)
    expect(outcome.requests.done).toBe(0)
    expect(performance.now() - startMs).toBeLessThan(6000)
  })

  it('waits for requests that take longer than the window, and counts them by their share of it', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 1800 })
    const outcome = await generator.run(spec(server.address, { windowSeconds: 0.4 }), never)
    expect(outcome.requests).toMatchObject({ errors: 0, timeouts: 0, inFlight: 0 })
    expect(outcome.latencyUs.p50).toBeGreaterThan(1_700_000)
    expect(outcome.littleRatio).toBeGreaterThan(0.95)
    expect(outcome.littleRatio).toBeLessThan(1.05)
  })

  it('resolves latencies far below a millisecond, and satisfies Little’s law', async () => {
    const server = await startLoadServer({ kind: 'keep' })
    const outcome = await generator.run(spec(server.address, { connections: 1 }), never)
    expectSound(outcome, 1)
    expect(outcome.latencyUs.p50).toBeGreaterThan(0)
    expect(outcome.latencyUs.p99).toBeGreaterThan(outcome.latencyUs.p50 ?? Infinity)
    expect(outcome.littleRatio).toBeGreaterThan(0.95)
    expect(outcome.littleRatio).toBeLessThan(1.05)
    expect(outcome.connects).toBe(1)
  })

  it('counts dropped requests as lost, and keeps them out of the latency', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 5, every: 5 })
    const outcome = await generator.run(spec(server.address, { windowSeconds: 1 }), never)
    const { dropped, medianMs } = await server.report()
    expectSound(outcome, 4)
    expect(outcome.requests.lost).toBeGreaterThan(0)
    expect(outcome.requests.lost).toBeLessThanOrEqual(dropped)
    expect(Math.abs(outcome.requests.lost - outcome.requests.sent / 5)).toBeLessThanOrEqual(8)
    expect(outcome.latencyUs.p50).toBeLessThan(medianMs * 1000 * 2)
    expect(outcome.errorSamples.join()).toContain('closed')
  })

  it('counts answers other than 2xx', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 2, status: 500 })
    const outcome = await generator.run(spec(server.address), never)
    expectSound(outcome, 4)
    expect(outcome.requests.non2xx).toBe(outcome.requests.done)
    expect(outcome.statusCounts).toEqual({ 500: outcome.requests.done })
  })

  it('counts timeouts, at no less than the timeout', async () => {
    const server = await startLoadServer({ kind: 'hang' })
    const outcome = await generator.run(spec(server.address, { timeoutSeconds: 0.2 }), never)
    expectSound(outcome, 4)
    expect(outcome.requests.timeouts).toBeGreaterThanOrEqual(4)
    expect(outcome.requests.errors).toBe(outcome.requests.timeouts)
    expect(outcome).toMatchObject({
      throughputRps: 0,
      littleRatio: null,
      errorSamples: ['request timed out'],
    })
    expect(outcome.latencyUs.p50).toBeGreaterThanOrEqual(199_000)
  })

  it('counts requests that are still under way at the very end at their age', async () => {
    const server = await startLoadServer({ kind: 'hang' })
    const outcome = await generator.run(spec(server.address, { timeoutSeconds: 30 }), never)
    expectSound(outcome, 4)
    expect(outcome.requests).toMatchObject({ sent: 4, done: 0, errors: 0, inFlight: 4 })
    // Half a second of window and the second of patience that follows it.
    expect(outcome.latencyUs.p50).toBeGreaterThanOrEqual(1_500_000)
    expect(outcome.concurrency).toBeCloseTo(4, 1)
  })

  it('does not cut off the latency of requests that are longer than the window', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 700 })
    const outcome = await generator.run(spec(server.address, { connections: 3, windowSeconds: 0.4 }), never)
    expectSound(outcome, 3)
    expect(outcome.requests).toMatchObject({ inFlight: 0, errors: 0 })
    expect(outcome.latencyUs.mean).toBeGreaterThanOrEqual(699_000)
    // Three connections, each 0.7 s per request: the rate is known although hardly any request fits into the window.
    expect(outcome.throughputRps * 0.7).toBeGreaterThan(3 * 0.9)
    expect(outcome.throughputRps * 0.7).toBeLessThan(3 * 1.01)
  })

  it('has the rate of a short window from its true length', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 10 })
    const outcome = await generator.run(spec(server.address, { windowSeconds: 0.12 }), never)
    const { medianMs } = await server.report()
    expectSound(outcome, 4)
    expect(outcome.windowSeconds).toBeCloseTo(0.12, 6)
    // No more than what the service time allows, and not a sample tick's worth less.
    expect(outcome.throughputRps).toBeLessThanOrEqual((4 / medianMs) * 1000 * 1.05)
    expect(outcome.throughputRps).toBeGreaterThanOrEqual((4 / medianMs) * 1000 * 0.5)
  })

  it.each([
    ['a body that ends with its connection', { kind: 'until-close' }, 'GET'],
    ['an interim answer before the answer', { kind: 'early' }, 'GET'],
    ['an answer to HEAD, which has a length and no body', { kind: 'head' }, 'HEAD'],
  ] as const)('understands %s', async (_name, behaviour, method) => {
    const server = await startLoadServer(behaviour)
    const request = { method, path: '/', headers: {}, body: null }
    const outcome = await generator.run(spec(server.address, { request, windowSeconds: 0.3 }), never)
    expectSound(outcome, 4)
    expect(outcome.requests.done).toBeGreaterThan(10)
    expect(outcome.requests).toMatchObject({ errors: 0, lost: 0, inFlight: 0 })
    expect(outcome.statusCounts).toEqual({ 200: outcome.requests.done })
  })

  it('reaches a server on a unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tune-load-'))
    try {
      const server = await startLoadServer({
        kind: 'keep',
        waitMs: 2,
        socketPath: join(directory, 'app.sock'),
      })
      const outcome = await generator.run(spec(server.address), never)
      expectSound(outcome, 4)
      expect(outcome.requests).toMatchObject({ errors: 0, lost: 0 })
      expect(outcome.requests.done).toBeGreaterThan(0)
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('ends early, and says why, when nothing listens', async () => {
    const server = await startLoadServer({ kind: 'keep' })
    await stopLoadServers()
    const beganMs = performance.now()
    await expect(generator.run(spec(server.address, { windowSeconds: 20 }), never)).rejects.toMatchObject({
      code: 'TUNE_E_TARGET_UNREACHABLE',
      exit: 5,
      message: expect.stringMatching(/127\.0\.0\.1:\d+ does not answer: connect ECONNREFUSED/) as string,
    })
    expect(performance.now() - beganMs).toBeLessThan(10_000)
  })

  it('ends early, and says why, when what listens does not speak HTTP', async () => {
    const server = await startLoadServer({ kind: 'garbage' })
    await expect(generator.run(spec(server.address, { windowSeconds: 20 }), never)).rejects.toMatchObject({
      code: 'TUNE_E_TARGET_UNREACHABLE',
      message: expect.stringContaining('not valid HTTP') as string,
    })
  })

  it('ends early when the server dies in the middle, and is good for the next trial', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 2 })
    const killed = setTimeout(() => server.process.kill('SIGKILL'), 300)
    try {
      await expect(generator.run(spec(server.address, { windowSeconds: 20 }), never)).rejects.toMatchObject({
        code: 'TUNE_E_TARGET_UNREACHABLE',
        message: expect.stringContaining('stopped answering') as string,
      })
    } finally {
      clearTimeout(killed)
    }
    const next = await startLoadServer({ kind: 'keep', waitMs: 2 })
    const outcome = await generator.run(spec(next.address), never)
    expectSound(outcome, 4)
    expect(outcome.requests).toMatchObject({ errors: 0, lost: 0 })
  })

  it.each([
    ['before it begins', 0],
    ['in the ramp', 100],
    ['in the window', 600],
  ])('stops at once when it is told to %s', async (_name, afterMs) => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 2 })
    const told = new Error('told to stop')
    const controller = new AbortController()
    if (afterMs === 0) controller.abort(told)
    let toldAtMs = performance.now()
    const timer = setTimeout(() => {
      toldAtMs = performance.now()
      controller.abort(told)
    }, afterMs)
    try {
      const long = spec(server.address, { rampSeconds: 0.4, windowSeconds: 20 })
      await expect(generator.run(long, controller.signal)).rejects.toBe(told)
      expect(performance.now() - toldAtMs).toBeLessThan(2000)
    } finally {
      clearTimeout(timer)
    }
    // The load is off: the server hears nothing more.
    const { requests } = await server.report()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await server.report()).requests).toBeLessThanOrEqual(requests)
  })

  it('stops at once in the cool-down too', async () => {
    const server = await startLoadServer({ kind: 'hang' })
    const told = new Error('told to stop')
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(told), 500)
    try {
      const short = spec(server.address, { rampSeconds: 0, windowSeconds: 0.1, timeoutSeconds: 30 })
      await expect(generator.run(short, controller.signal)).rejects.toBe(told)
    } finally {
      clearTimeout(timer)
    }
  })
})

describe('several generator processes', () => {
  afterEach(stopLoadServers)

  it('share the connections, and give one outcome', async () => {
    const server = await startLoadServer({ kind: 'keep', waitMs: 5 })
    const generator = createLoadGenerator({ processes: 2 })
    try {
      const outcome = await generator.run(spec(server.address, { connections: 5 }), never)
      expectSound(outcome, 5)
      expect(outcome.connects).toBe(5)
      expect(outcome.concurrency).toBeGreaterThan(4.75)
      expect(outcome.littleRatio).toBeGreaterThan(0.95)
      expect(outcome.littleRatio).toBeLessThan(1.05)
      const { medianMs } = await server.report()
      expect(outcome.throughputRps).toBeLessThanOrEqual((5 / medianMs) * 1000 * 1.05)
    } finally {
      await generator.stop()
    }
  })
})
