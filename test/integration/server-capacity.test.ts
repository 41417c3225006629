import { execFileSync, spawnSync } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import {
  fixture,
  get,
  sleep,
  startServer,
  stopServers,
  times,
  until,
  type Answer,
} from '../helpers/server.js'

afterEach(stopServers)

interface Span {
  fromMs: number
  toMs: number
}

/** Most requests that were inside the app at the same moment, over all processes and threads. */
function mostAtOnce(answers: Answer[]): number {
  const spans = answers.map((answer) => JSON.parse(answer.body) as Span)
  return Math.max(
    ...spans.map((span) => spans.filter((o) => o.fromMs <= span.fromMs && o.toMs > span.fromMs).length),
  )
}

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 2 } },
  { name: 'threaded in one process', settings: { workerClass: 'threaded', workers: 1, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
  { name: 'async with threads', settings: { workerClass: 'async', workers: 1, threads: 2 } },
]

describe('capacity, counted inside the app under 50 clients', () => {
  it.each([
    { settings: { workerClass: 'sync', workers: 3 }, capacity: 3 },
    { settings: { workerClass: 'threaded', workers: 2, threads: 3 }, capacity: 6 },
    { settings: { workerClass: 'async', workers: 2, workerConnections: 10 }, capacity: 20 },
  ] as const)('$settings.workerClass has exactly $capacity', async ({ settings, capacity }) => {
    const server = await startServer(settings)
    const answers = await Promise.all(times(50, () => get(server.port, '/wait?ms=100')))
    expect(answers.map((answer) => answer.status)).toEqual(times(50, () => 200))
    expect(mostAtOnce(answers)).toBe(capacity)
  })

  it('threaded keeps connections alive, and still runs one request per thread', async () => {
    const server = await startServer({ workerClass: 'threaded', workers: 1, threads: 2 })
    const agent = new http.Agent({ keepAlive: true })
    const answers = (
      await Promise.all(times(10, () => times(5, () => get(server.port, '/wait?ms=10', { agent }))).flat())
    ).flat()
    agent.destroy()
    expect(mostAtOnce(answers)).toBe(2)
  })

  it('async leaves connections beyond its worker connections in the backlog', async () => {
    const server = await startServer({ workerClass: 'async', workers: 2, workerConnections: 10 })
    const clients = times(50, () => net.connect(server.port, '127.0.0.1').on('error', () => undefined))
    const accepted = async () =>
      (await server.stats()).workers.reduce((sum, worker) => sum + worker.connections, 0)
    await until('20 connections are accepted', async () => (await accepted()) === 20)
    await sleep(200)
    expect(await accepted()).toBe(20)
    expect((await server.stats()).workers.map((worker) => worker.busySlots)).toEqual([10, 10])
    for (const client of clients.slice(0, 20)) client.destroy()
    // Some of the first 20 may have been waiting; whoever is left fills what became free.
    await until('the others move up', async () => (await accepted()) >= 15)
    for (const client of clients) client.destroy()
  })
})

describe('a request in a pipeline', () => {
  it.each(['sync', 'threaded'] as const)('%s runs one at a time', async (workerClass) => {
    const server = await startServer({ workerClass, workers: 1 })
    const one = 'GET /wait?ms=30 HTTP/1.1\r\nHost: a\r\n\r\n'
    const text = await new Promise<string>((resolve, reject) => {
      let received = ''
      const client = net.connect(server.port, '127.0.0.1', () => client.write(one + one + one))
      client.on('data', (chunk) => {
        received += chunk.toString()
        if (received.split('fromMs').length === 4) client.end()
      })
      client.on('close', () => resolve(received))
      client.on('error', reject)
    })
    const spans = [...text.matchAll(/\{"fromMs".*?\}/g)].map(([json]) => JSON.parse(json) as Span)
    // sync answers one request per connection; the client sends the others again.
    expect(spans).toHaveLength(workerClass === 'sync' ? 1 : 3)
    spans.slice(1).forEach((span, index) => expect(span.fromMs).toBeGreaterThanOrEqual(spans[index]!.toMs))
  })
})

/** A request of 3 s on one of two loops, and 40 fast ones meanwhile. @returns how many came after it, or met its loop. */
async function fastBesideSlow(settings: Partial<ServerSettings>, slowPath: string) {
  const server = await startServer(settings)
  let slowEndedAtMs = Infinity
  const slow = get(server.port, slowPath).then((answer) => {
    slowEndedAtMs = performance.now()
    return answer
  })
  await sleep(100)
  const fast: Answer[] = []
  for (let round = 0; round < 10; round += 1)
    fast.push(...(await Promise.all(times(4, () => get(server.port, '/')))))
  const { worker } = await slow
  return {
    answered: fast.filter((answer) => answer.status === 200).length,
    late: fast.filter((answer) => answer.endedAtMs >= slowEndedAtMs).length,
    onSlowLoop: fast.filter((answer) => answer.worker === worker).length,
  }
}

const NOBODY_WAITS = { answered: 40, late: 0, onSlowLoop: 0 }

/** All these classes at the same time, as their servers have nothing to do but to wait. */
async function expectNobodyWaits(classes: typeof CLASSES, slowPath: string): Promise<void> {
  const found = await Promise.all(classes.map(({ settings }) => fastBesideSlow(settings, slowPath)))
  const byName = (values: unknown[]) => classes.map(({ name }, index) => [name, values[index]])
  expect(byName(found)).toEqual(byName(times(classes.length, () => NOBODY_WAITS)))
}

describe('none of 40 fast requests waits', () => {
  it('for a loop whose request waits, where a loop has one at a time', async () => {
    const classes = CLASSES.filter(({ settings }) => settings.workerClass !== 'async')
    await expectNobodyWaits(classes, '/wait?ms=3000')
  })

  it('for a loop that is blocked, in any class', async () => {
    await expectNobodyWaits(CLASSES, '/halt?ms=3000')
  })

  it.each(CLASSES.filter(({ name }) => ['threaded in one process', 'async'].includes(name)))(
    'for a loop that computes, $name',
    async ({ settings }) => {
      expect(await fastBesideSlow(settings, '/block?ms=3000')).toEqual(NOBODY_WAITS)
    },
  )
})

describe('keep-alive', () => {
  it.each([
    { workerClass: 'sync', connection: 'close' },
    { workerClass: 'threaded', connection: 'keep-alive' },
    { workerClass: 'async', connection: 'keep-alive' },
  ] as const)('$workerClass answers Connection: $connection', async ({ workerClass, connection }) => {
    const server = await startServer({ workerClass, workers: 1 })
    const agent = new http.Agent({ keepAlive: true })
    const answer = await get(server.port, '/', { agent })
    agent.destroy()
    expect(answer.headers.connection).toBe(connection)
  })
})

describe('an app that gives its responses another prototype, as Express does', () => {
  it('still closes where its class says so', async () => {
    const server = await startServer({ app: fixture('own-prototype.js') })
    const agent = new http.Agent({ keepAlive: true })
    const answer = await get(server.port, '/', { agent })
    agent.destroy()
    expect(answer.headers.connection).toBe('close')
  })
})

describe('a client who connects and sends nothing', () => {
  it.each(['sync', 'threaded', 'async'] as const)(
    'does not keep a %s worker from serving',
    async (workerClass) => {
      const server = await startServer({ workerClass, workers: 1 })
      const silent = times(20, () => net.connect(server.port, '127.0.0.1').on('error', () => undefined))
      await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
      expect((await get(server.port, '/')).status).toBe(200)
      expect(silent.filter((socket) => socket.destroyed)).toHaveLength(0)
      for (const socket of silent) socket.destroy()
    },
  )
})

describe.skipIf(!hasSs())('the kernel queue (skipped without ss)', () => {
  it.each(['sync', 'threaded', 'async'] as const)(
    'keeps its configured length with %s workers',
    async (workerClass) => {
      const server = await startServer({ workerClass, workers: 2, backlog: 77 })
      await Promise.all(times(10, () => get(server.port, '/')))
      expect(listenQueueLength(server.port)).toBe(77)
    },
  )
})

/** The socket statistics tool of iproute2, which minimal images leave out. */
function hasSs(): boolean {
  return spawnSync('ss', ['-V']).status === 0
}

function listenQueueLength(port: number): number {
  // ss prints the limit of a listening socket as its Send-Q.
  const line = execFileSync('ss', ['-Hltn', `sport = :${port}`]).toString()
  return Number(line.trim().split(/\s+/)[2])
}
