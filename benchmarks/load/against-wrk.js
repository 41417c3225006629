// Our generator against wrk on the same servers, in turns: node benchmarks/load/against-wrk.js [--only hello,waiting] [--blocks 6] [--seconds 2] [--generators 1]
// Prints a Markdown table. Method and result: benchmarks/load/README.md.
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { judgeTrial } from '../../dist/experiment/validity.js'
import { meanInterval } from '../../dist/experiment/statistics.js'
import { createLoadGenerator } from '../../dist/load/index.js'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'waiting,computing,closing,hello,raw' },
    blocks: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '2' },
    generators: { type: 'string', default: '1' },
  },
})
const BLOCKS = Number(options.blocks)
// Whole seconds: wrk knows no others.
const SECONDS = Math.round(Number(options.seconds))
const RAMP_SECONDS = 0.3
const CONNECTIONS = { waiting: 32, computing: 8, closing: 8, hello: 16, raw: 50 }
const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const run = promisify(execFile)

async function withWrk(port, connections) {
  const flags = ['-t1', `-c${connections}`, `-d${SECONDS}s`, '-s', path('wrk.lua')]
  const { stdout } = await run('wrk', [...flags, `http://127.0.0.1:${port}/`])
  const [, requests, durationUs, p50, p99, errors] = /RESULT (\d+) (\d+) (\d+) (\d+) (\d+)/
    .exec(stdout)
    .map(Number)
  return { rps: requests / (durationUs / 1e6), p50, p99, errors, says: '' }
}

async function withOurs(generator, port, connections) {
  const spec = {
    address: { host: '127.0.0.1', port },
    request: { method: 'GET', path: '/', headers: {}, body: null },
    connections,
    rampSeconds: RAMP_SECONDS,
    windowSeconds: SECONDS,
    timeoutSeconds: 5,
  }
  const outcome = await generator.run(spec, new AbortController().signal)
  const { reasons, warnings } = judgeTrial(outcome, null, { connections, environment: null })
  const { errors, lost } = outcome.requests
  return {
    rps: outcome.throughputRps,
    p50: outcome.latencyUs.p50,
    p99: outcome.latencyUs.p99,
    errors: errors + lost,
    cpu: outcome.generatorCpu,
    says: [...reasons, ...warnings].map(({ id }) => id).join(' '),
  }
}

/** `1.01 (0.98 to 1.04)`: ours / wrk, the geometric mean over blocks with its 95 % interval. */
function ratio(pairs, key) {
  const { mean, low, high } = meanInterval(pairs.map(({ ours, wrk }) => Math.log(ours[key] / wrk[key])))
  const text = (value) => Math.exp(value).toFixed(3)
  return low === null ? text(mean) : `${text(mean)} (${text(low)} to ${text(high)})`
}

function median(values) {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.floor(ordered.length / 2)]
}

console.log(
  '| server | connections | wrk req/s | throughput, ours / wrk | p50 | p99 | generator CPU | the trial says |',
)
console.log('| --- | --: | --: | --: | --: | --: | --: | --- |')
for (const kind of options.only.split(',')) {
  const connections = CONNECTIONS[kind]
  const server = fork(path('servers.js'), [kind], { execArgv: [] })
  const generator = createLoadGenerator({ processes: Number(options.generators) })
  try {
    const [port] = await once(server, 'message')
    // Both once for nothing: code is compiled, in the server and in the generator.
    await withWrk(port, connections)
    await withOurs(generator, port, connections)
    const pairs = []
    for (let block = 0; block < BLOCKS; block++) {
      const pair = {}
      for (const who of Math.random() < 0.5 ? ['wrk', 'ours'] : ['ours', 'wrk']) {
        pair[who] =
          who === 'wrk' ? await withWrk(port, connections) : await withOurs(generator, port, connections)
      }
      pairs.push(pair)
    }
    const says = new Set(pairs.flatMap(({ ours }) => ours.says.split(' ').filter(Boolean)))
    const errors = pairs.reduce((sum, { ours, wrk }) => sum + ours.errors + wrk.errors, 0)
    console.log(
      `| ${[
        kind,
        connections,
        Math.round(median(pairs.map(({ wrk }) => wrk.rps))),
        ratio(pairs, 'rps'),
        ratio(pairs, 'p50'),
        ratio(pairs, 'p99'),
        `${Math.round(100 * median(pairs.map(({ ours }) => ours.cpu)))} %`,
        [...says].join(', ') || 'nothing',
      ].join(' | ')} |${errors > 0 ? ` <!-- ${errors} errors -->` : ''}`,
    )
  } finally {
    await generator.stop()
    server.disconnect()
  }
}
