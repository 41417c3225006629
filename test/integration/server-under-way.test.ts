import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings, ServerStats } from '../../src/server/index.js'
import { parsePrometheus } from '../helpers/prometheus.js'
import { get, sleep, startServer, stopServers, until, type TestServer } from '../helpers/server.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 1, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
  { name: 'async with threads', settings: { workerClass: 'async', workers: 1, threads: 2 } },
]

function sum(stats: ServerStats, of: (worker: ServerStats['workers'][number]) => number): number {
  return stats.workers.reduce((all, worker) => all + of(worker), 0)
}

async function gauge(server: TestServer, name: string): Promise<number> {
  const address = /Metrics at: (\S+)/.exec(server.log())?.[1] ?? ''
  const found = parsePrometheus(await (await fetch(address)).text())
  return found.get(name)!.samples.reduce((all, { value }) => all + value, 0)
}

describe.each(CLASSES)('requests under way, $name', ({ settings }) => {
  // One computes; the other waits without CPU.
  it.each(['block', 'halt'])('a request that blocks its loop is seen while it does: /%s', async (how) => {
    const server = await startServer({ ...settings, metricsBind: '127.0.0.1:0' })
    const answered = new AbortController()
    const blocked = get(server.port, `/${how}?ms=4000`).finally(() => answered.abort())
    const seen: { slots: number; requests: number; inLoops: number; slotGauge: number; gauge: number }[] = []
    // A worker that is asked meanwhile answers afterwards, or not in time.
    while (!answered.signal.aborted) {
      await sleep(100)
      const [stats, slotGauge, requestGauge] = await Promise.all([
        server.stats(),
        gauge(server, 'tune_slots_busy'),
        gauge(server, 'tune_requests_under_way'),
      ])
      seen.push({
        slots: sum(stats, ({ busySlots }) => busySlots),
        requests: sum(stats, ({ requestsUnderWay }) => requestsUnderWay),
        inLoops: sum(stats, ({ loops }) => loops.reduce((all, loop) => all + loop.requestsUnderWay, 0)),
        ...{ slotGauge, gauge: requestGauge },
      })
    }
    expect(seen).toContainEqual({ slots: 1, requests: 1, inLoops: 1, slotGauge: 1, gauge: 1 })
    await blocked
    await until('nothing is under way', async () => (await gauge(server, 'tune_requests_under_way')) === 0)
  })

  it('those in a pipeline whose client has gone are none', async () => {
    const server = await startServer({ ...settings, workers: 1, threads: 1 })
    const underWay = async () => sum(await server.stats(), ({ requestsUnderWay }) => requestsUnderWay)
    const gone = net.connect(server.port, '127.0.0.1')
    gone.write('GET /wait?ms=1000 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3))
    await until(
      'they are seen',
      async () => (await underWay()) === (settings.workerClass === 'async' ? 3 : 1),
    )
    gone.destroy()
    await until('none is left', async () => (await underWay()) === 0)
    // Nor is any taken off twice when the app answers them after all.
    await sleep(1200)
    expect(await underWay()).toBe(0)
  })
})
