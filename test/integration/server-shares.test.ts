import http from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { get, startServer, stopServers, times, type Answer } from '../helpers/server.js'
import { inQuietMoment } from '../helpers/quiet-moment.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 2 } },
  { name: 'threaded in one process', settings: { workerClass: 'threaded', workers: 1, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
  { name: 'async with threads', settings: { workerClass: 'async', workers: 1, threads: 2 } },
]

/** A p99 needs some three hundred. */
const LEAST_REQUESTS = 320

/** One client with one connection, who asks again as soon as he has his answer. */
async function closedLoopClient(port: number, rounds: number): Promise<Answer[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const answers: Answer[] = []
  for (let round = 0; round < rounds; round += 1) answers.push(await get(port, '/wait?ms=20', { agent }))
  agent.destroy()
  return answers
}

describe.each(CLASSES)('$name', ({ settings }) => {
  it('serves every one of four times as many keep-alive clients as it has slots, and none much later than another', async () => {
    const server = await startServer({ ...settings, workerConnections: 3 })
    const { workers } = await server.stats()
    const capacity = workers.reduce((sum, worker) => sum + worker.totalSlots, 0)
    const clients = capacity * 4
    const rounds = Math.ceil(LEAST_REQUESTS / clients)
    const { result: perClient, isQuiet } = await inQuietMoment(server, () =>
      Promise.all(times(clients, () => closedLoopClient(server.port, rounds))),
    )
    expect(perClient.map((answers) => answers.length)).toEqual(times(clients, () => rounds))
    expect(perClient.flat().every(({ status }) => status === 200)).toBe(true)
    const latencies = perClient
      .flat()
      .map((answer) => answer.endedAtMs - answer.startedAtMs)
      .sort((a, b) => a - b)
    const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)]!
    // A client who is passed over waits for several rounds of the others. A neighbour on the machine holds up everybody he meets.
    expect(at(0.99) / at(0.5)).toBeLessThanOrEqual(isQuiet ? 3 : 6)
    // Everybody's share is the same: no client is served at the expense of another.
    const totals = perClient.map((answers) => answers.at(-1)!.endedAtMs - answers[0]!.startedAtMs)
    expect(Math.max(...totals) / Math.min(...totals)).toBeLessThanOrEqual(isQuiet ? 2 : 4)
  })
})
