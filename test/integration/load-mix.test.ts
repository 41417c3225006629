import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { judgeTrial } from '../../src/experiment/validity.js'
import type { LoadSpec } from '../../src/result/load.js'
import type { Expectation, RequestSpec } from '../../src/result/request.js'
import { loadOutcomeSchema } from '../../src/result/trial.js'
import { fromDist } from '../helpers/dist.js'

const { createLoadGenerator, createOpenGenerator } =
  await fromDist<typeof import('../../src/load/index.js')>('load/index.js')

const SLOW_MS = 25
const counts = new Map<string, number>()
const servers: Server[] = []

/** Counts what arrives; `/slow` waits, `/gone` is 404, POST gives its body back in two parts. */
async function startServer(): Promise<{ host: string; port: number }> {
  counts.clear()
  const server = createServer((request, response) => {
    const route = `${request.method} ${request.url}`
    counts.set(route, (counts.get(route) ?? 0) + 1)
    if (request.url === '/slow') setTimeout(() => response.end('slow answer'), SLOW_MS)
    else if (request.url === '/gone') response.writeHead(404).end('gone')
    else if (request.method === 'POST') {
      response.write('you said: ')
      request.pipe(response)
    } else response.end('hello')
  })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function mix(expects: Record<string, Expectation> = {}): RequestSpec {
  const route = (name: string, weight: number, method: string, path: string, body: string | null = null) => ({
    name,
    weight,
    method,
    path,
    headers: {},
    body,
    ...(expects[name] === undefined ? {} : { expect: expects[name] }),
  })
  const routes = [
    route('home', 5, 'GET', '/'),
    route('slow', 2, 'GET', '/slow'),
    route('order', 2, 'POST', '/orders', 'three apples'),
    route('gone', 1, 'GET', '/gone'),
  ]
  return { method: 'GET', path: '/', headers: {}, body: null, mix: { name: 'test', seed: 3, routes } }
}

const good = { gone: { status: [404] }, order: { bodyEquals: 'you said: three apples' } }

function spec(address: LoadSpec['address'], request: RequestSpec): LoadSpec {
  return { address, request, connections: 5, rampSeconds: 0.1, windowSeconds: 0.6, timeoutSeconds: 5 }
}

const signal = new AbortController().signal

describe.each([1, 3])('a mix of requests from %i generator processes', (processes) => {
  const generator = createLoadGenerator({ processes })
  afterAll(() => generator.stop())
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('is sent by weight, and each request has its own figures', async () => {
    const outcome = await generator.run(spec(await startServer(), mix(good)), signal)
    expect(loadOutcomeSchema.parse(outcome)).toEqual(outcome)
    const { routes = [], requests } = outcome
    expect(routes.map(({ name }) => name)).toEqual(['home', 'slow', 'order', 'gone'])
    expect(routes.reduce((sum, { count }) => sum + count, 0)).toBe(requests.done)
    expect(routes.reduce((sum, route) => sum + route.throughputRps, 0)).toBeCloseTo(outcome.throughputRps, 3)
    expect(requests).toMatchObject({ non2xx: 0, errors: 0, lost: 0 })
    expect(requests.unexpected).toBeUndefined()
    const [home, slow, order, gone] = routes
    // Shares are those of the pack, but for the part of a pack at both edges of the window, and in each process.
    for (const [route, share] of [
      [home, 0.5],
      [slow, 0.2],
      [order, 0.2],
      [gone, 0.1],
    ] as const) {
      expect(Math.abs((route?.count ?? 0) - share * requests.done)).toBeLessThanOrEqual(4 + 8 * processes)
    }
    expect(slow?.p50Us).toBeGreaterThanOrEqual(SLOW_MS * 1000 * 0.95)
    expect(home?.p50Us).toBeLessThan(slow?.p50Us ?? 0)
    expect(outcome.littleRatio).toBeGreaterThan(0.95)
    expect(outcome.littleRatio).toBeLessThan(1.05)
    expect(counts.get('POST /orders')).toBeGreaterThanOrEqual(order?.count ?? Infinity)
    expect(outcome.connects).toBe(5)
  })

  it('counts answers that were not expected, and says so', async () => {
    const wrong = { ...good, order: { bodyIncludes: 'four apples' }, home: { status: [204] } }
    const outcome = await generator.run(spec(await startServer(), mix(wrong)), signal)
    const { routes = [], requests } = outcome
    const [home, slow, order, gone] = routes
    expect(order?.errors).toBe(order?.count)
    expect(home?.errors).toBe(home?.count)
    expect([slow?.errors, gone?.errors]).toEqual([0, 0])
    expect(requests.unexpected).toBe((home?.count ?? 0) + (order?.count ?? 0))
    const { reasons } = judgeTrial(outcome, null, { connections: 5, environment: null })
    expect(reasons.map(({ id }) => id)).toContain('unexpected-answers')
  })

  it('takes a status that nobody expected for a failure, as ever', async () => {
    const outcome = await generator.run(spec(await startServer(), mix()), signal)
    const gone = outcome.routes?.at(-1)
    expect(gone?.count).toBeGreaterThan(0)
    expect(outcome.requests.non2xx).toBe(gone?.count)
  })
})

describe('a mix by the clock', () => {
  const generator = createOpenGenerator()
  afterAll(() => generator.stop())

  it('is sent by weight, with figures of each request', async () => {
    const open = {
      ...{
        ratePerSecond: 200,
        arrivals: 'constant' as const,
        seed: 1,
        maxConnections: 50,
        timeoutSeconds: 5,
      },
      ...{ rampSeconds: 0.1, windowSeconds: 1 },
    }
    const wrong = { ...good, slow: { bodyEquals: 'fast answer' } }
    const address = await startServer()
    const { routes = [], requests } = await generator.run({ ...open, address, request: mix(wrong) }, signal)
    for (const server of servers.splice(0)) server.closeAllConnections()
    const [home, slow, order, gone] = routes
    expect(routes.reduce((sum, { count }) => sum + count, 0)).toBe(requests.done)
    expect(home?.count).toBeGreaterThan(2 * (slow?.count ?? Infinity) - 20)
    expect(requests.unexpected).toBe(slow?.count)
    expect([home?.errors, order?.errors, gone?.errors]).toEqual([0, 0, 0])
    expect(slow?.p50Us).toBeGreaterThanOrEqual(SLOW_MS * 1000 * 0.95)
  })
})
