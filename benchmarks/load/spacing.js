// How evenly open load is sent at half of what the server can do: node benchmarks/load/spacing.js [--seconds 5]
// The server writes down when requests arrive; the error of a gap is what it differs from 1 / rate.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createLoadGenerator, createOpenGenerator } from '../../dist/load/index.js'

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } })
const WORKERS = fileURLToPath(new URL('servers.js', import.meta.url))
const { signal } = new AbortController()
const server = fork(WORKERS, ['arrivals'], { execArgv: [], serialization: 'advanced' })
const closed = createLoadGenerator()
const open = createOpenGenerator()
try {
  const [port] = await once(server, 'message')
  const address = { host: '127.0.0.1', port }
  const request = { method: 'GET', path: '/', headers: {}, body: null }
  const limits = { rampSeconds: 0.5, timeoutSeconds: 5 }
  const { throughputRps } = await closed.run(
    { address, request, connections: 8, windowSeconds: 2, ...limits },
    signal,
  )
  const ratePerSecond = Math.round(throughputRps / 2)
  server.send('forget')
  await once(server, 'message')
  const { latenessUs, latencyUs } = await open.run(
    {
      ...{ address, request, ratePerSecond, arrivals: 'constant', maxConnections: 200 },
      ...{ windowSeconds: Number(options.seconds), ...limits },
    },
    signal,
  )
  server.send('report')
  const [arrivals] = await once(server, 'message')
  const gapMs = 1000 / ratePerSecond
  const errors = arrivals
    .slice(1)
    .map((at, index) => Math.abs(at - arrivals[index] - gapMs))
    .toSorted((a, b) => a - b)
  const at = (share) => errors[Math.floor(share * (errors.length - 1))].toFixed(3)
  console.log(
    '| capacity, req/s | sent at, req/s | gap, ms | median error of a gap, ms | p95, ms | lateness p50, ms | p99, ms | latency p50, ms |',
  )
  console.log('| --: | --: | --: | --: | --: | --: | --: | --: |')
  const ms = (us) => (us / 1000).toFixed(2)
  console.log(
    `| ${[Math.round(throughputRps), ratePerSecond, gapMs.toFixed(3), at(0.5), at(0.95), ms(latenessUs.p50), ms(latenessUs.p99), ms(latencyUs.p50)].join(' | ')} |`,
  )
} finally {
  await closed.stop()
  await open.stop()
  server.disconnect()
}
