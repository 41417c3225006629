import http from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { get, sleep, startServer, stopServers, times, until, type TestServer } from '../helpers/server.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 2, threads: 4 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
]

/** What a load balancer does: keeps its connections, lets them rest, uses them again, and sends nothing twice. */
function balancer(server: TestServer, connections: number, restMs: () => number) {
  const lost: string[] = []
  let answered = 0
  let reused = 0
  let stopped = false
  const agents = times(connections, () => new http.Agent({ keepAlive: true, maxSockets: 1 }))
  const clients = agents.map(async (agent) => {
    while (!stopped) {
      const rested = Object.keys(agent.freeSockets).length > 0
      await get(server.port, '/', { agent }).then(
        () => {
          answered += 1
          reused += Number(rested)
        },
        (error: unknown) => lost.push(String(error)),
      )
      await sleep(restMs())
    }
  })
  return {
    answered: () => answered,
    stop: async () => {
      stopped = true
      await Promise.all(clients)
      for (const agent of agents) agent.destroy()
      return { lost, answered, reused }
    },
  }
}

/** Both classes at the same time, as most of it is rest. */
const inBoth = (use: (settings: Partial<ServerSettings>, name: string) => Promise<void>) => () =>
  Promise.all(CLASSES.map(({ settings, name }) => use(settings, name)))

describe('kept connections', () => {
  it.each(CLASSES)(
    'are not reset while reloads go on, however long they have rested, $name',
    async ({ settings }) => {
      const server = await startServer({ ...settings, keepAliveSeconds: 75 })
      // From at once to beyond the second after which a leaving worker closes idle connections.
      const traffic = balancer(server, 24, () => Math.random() ** 2 * 1500)
      for (let count = 1; count <= 3; count += 1) {
        server.signal('SIGHUP')
        await until('the reload is done', () => server.log().split('Reloaded:').length > count)
      }
      const { lost, answered, reused } = await traffic.stop()
      expect(lost).toEqual([])
      expect(answered).toBeGreaterThan(100)
      expect(reused).toBeGreaterThan(answered / 4)
    },
  )

  it(
    'are told to close by a worker that leaves',
    inBoth(async (settings, name) => {
      const server = await startServer({ ...settings, workers: 1, keepAliveSeconds: 75 })
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      const first = await get(server.port, '/', { agent })
      expect(first.headers.connection, name).toBe('keep-alive')
      const slow = get(server.port, '/wait?ms=1500', { agent })
      await sleep(100)
      server.signal('SIGTERM')
      expect((await slow).headers.connection, name).toBe('close')
      agent.destroy()
      expect(await server.exited, name).toBe(0)
    }),
  )

  it('are not reset by a worker that leaves and could not look for a while: what has come meanwhile is answered', async () => {
    const server = await startServer({ workerClass: 'async', workers: 1, keepAliveSeconds: 75 })
    const kept = () => new http.Agent({ keepAlive: true, maxSockets: 1 })
    const [resting, busy] = [kept(), kept()] as const
    await Promise.all([resting, busy].map((agent) => get(server.port, '/', { agent })))
    server.signal('SIGTERM')
    await sleep(100)
    // Beyond the second after which it closes connections that rest.
    const blocked = get(server.port, '/halt?ms=1500', { agent: busy })
    await sleep(500)
    const answer = await get(server.port, '/', { agent: resting })
    expect(answer.headers.connection).toBe('close')
    expect((await blocked).headers.connection).toBe('close')
    for (const agent of [resting, busy]) agent.destroy()
    expect(await server.exited).toBe(0)
  })

  it(
    'live as long as --keep-alive says, and no longer',
    inBoth(async (settings, name) => {
      const server = await startServer({ ...settings, workers: 1, threads: 1, keepAliveSeconds: 2 })
      const traffic = balancer(server, 8, () => 1000)
      await until('they were used again and again', () => traffic.answered() >= 24)
      expect((await traffic.stop()).lost, name).toEqual([])
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      await get(server.port, '/', { agent })
      const open = async () => (await server.stats()).workers[0]?.connections
      expect(await open(), name).toBe(1)
      await until('it is closed', async () => (await open()) === 0, 10_000)
      agent.destroy()
    }),
  )
})
