import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings, ServerStats } from '../../src/server/index.js'
import { parsePrometheus } from '../helpers/prometheus.js'
import {
  fixture,
  get,
  sleep,
  startServer,
  stopServers,
  times,
  until,
  type TestServer,
} from '../helpers/server.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings>; loops: number }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 }, loops: 2 },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 1, threads: 2 }, loops: 2 },
  { name: 'async', settings: { workerClass: 'async', workers: 2 }, loops: 2 },
]

function total(stats: ServerStats, of: (worker: ServerStats['workers'][number]) => number): number {
  return stats.workers.reduce((sum, worker) => sum + of(worker), 0)
}

/** Requests that waited at least so long. */
function waitedLonger(stats: ServerStats, ms: number): number {
  return total(stats, ({ queueWait: { boundsMs, counts } }) =>
    counts.reduce((sum, count, index) => sum + ((boundsMs[index - 1] ?? 0) >= ms ? count : 0), 0),
  )
}

async function metrics(server: TestServer) {
  const address = /Metrics at: (\S+)/.exec(server.log())?.[1] ?? ''
  const response = await fetch(address)
  expect(response.headers.get('content-type')).toContain('version=0.0.4')
  return parsePrometheus(await response.text())
}

describe.each(CLASSES)('figures, $name', ({ settings, loops }) => {
  it('every request is in the queue-wait histogram, and those that waited are where they belong', async () => {
    const server = await startServer(settings)
    // Twice the slots of sync and threaded: the second half waits in the kernel for the first one's 300 ms.
    const answers = await Promise.all(times(4, () => get(server.port, '/wait?ms=300')))
    expect(answers).toHaveLength(4)
    const counted = (stats: ServerStats) =>
      total(stats, (worker) => worker.queueWait.counts.reduce((sum, count) => sum + count, 0))
    await until('all are counted', async () => counted(await server.stats()) === 4)
    const stats = await server.stats()
    const waited = waitedLonger(stats, 250)
    if (settings.workerClass === 'async') expect(waited).toBe(0)
    else expect(waited).toBe(2)
  })

  it('/metrics is valid, whole, and says the same as the control socket', async () => {
    const server = await startServer({ ...settings, metricsBind: '127.0.0.1:0' })
    await Promise.all(times(20, () => get(server.port, '/')))
    await until('all are counted', async () => total(await server.stats(), (w) => w.requests) === 20)
    const found = await metrics(server)
    const sum = (name: string, sample = name) =>
      found
        .get(name)!
        .samples.filter((one) => one.name === sample)
        .reduce((all, { value }) => all + value, 0)
    expect(sum('tune_requests_total')).toBe(20)
    expect(sum('tune_loop_requests_total')).toBe(20)
    expect(sum('tune_queue_wait_seconds', 'tune_queue_wait_seconds_count')).toBe(20)
    expect(found.get('tune_loop_active_seconds_total')!.samples).toHaveLength(loops)
    expect(found.get('tune_loop_delay_seconds')!.samples).toHaveLength(loops * 3)
    expect(sum('tune_worker_pss_bytes')).toBeGreaterThan(1e6)
    expect(sum('tune_worker_rss_bytes')).toBeGreaterThanOrEqual(sum('tune_worker_pss_bytes'))
    expect(sum('tune_slots')).toBe(settings.workerClass === 'async' ? 2000 : 2)
  })

  it('a blocked loop shows in its delay, a busy one in its slots', async () => {
    const server = await startServer(settings)
    const busy = get(server.port, '/wait?ms=1500')
    await until('the slot is seen', async () =>
      (await server.stats()).workers.some((worker) => worker.loops.some((loop) => loop.busySlots === 1)),
    )
    await busy
    await get(server.port, '/block?ms=400')
    await until('the delay is seen', async () =>
      (await server.stats()).workers.some((worker) =>
        worker.loops.some(({ delayMs }) => delayMs.max > 300 && delayMs.max >= delayMs.p99),
      ),
    )
    // The other loop knows nothing of it.
    const delays = (await server.stats()).workers.flatMap((w) => w.loops.map(({ delayMs }) => delayMs.max))
    expect(Math.min(...delays)).toBeLessThan(300)
  })

  it('a client who goes before his answer frees his slot at once and is counted', async () => {
    const server = await startServer({ ...settings, workers: 1, threads: 1, workerConnections: 1 })
    const gone = net.connect(server.port, '127.0.0.1')
    gone.write('GET /wait?ms=3000 HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('his request runs', async () => total(await server.stats(), (w) => w.busySlots) === 1)
    const next = get(server.port, '/')
    await sleep(50)
    gone.destroy()
    const goneAtMs = performance.now()
    expect((await next).status).toBe(200)
    expect(performance.now() - goneAtMs).toBeLessThan(2000)
    await until('he is counted', async () => total(await server.stats(), (w) => w.aborted) === 1)
  })
})

it.each(CLASSES)(
  '$name: request.signal of a { fetch } app is aborted when the client goes',
  async ({ settings }) => {
    const server = await startServer({ ...settings, app: fixture('abortable.js'), workers: 1, threads: 1 })
    const gone = net.connect(server.port, '127.0.0.1')
    gone.write('GET /work HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('it is at work', async () => total(await server.stats(), (w) => w.busySlots) === 1)
    gone.destroy()
    await until('it has stopped', async () => (await get(server.port, '/aborted')).body === '{"aborted":1}')
  },
)

it('garbage collections are counted', async () => {
  const server = await startServer({ workerClass: 'async' })
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  const collected = async () => total(await server.stats(), (w) => w.loops[0]!.gc.count)
  await until('there was one', async () => {
    await Promise.all(times(400, () => get(server.port, '/', { agent })))
    return (await collected()) > 0
  })
  agent.destroy()
})
