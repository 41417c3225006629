// Side by side: the bundled server against what people run today. See README.md. Prints a Markdown table and asserts nothing.
//
//   npm run build && node benchmarks/server/run.js [starts] [rounds] [seconds]
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunicorn, listening, nodeCluster, pm2, pssOf, tune } from './servers.js'

const [starts = 7, rounds = 3, seconds = 1] = process.argv.slice(2).map(Number)
const WORKERS = 2
const THREADS = 2
const CONNECTIONS = 32
const FIRST_PORT = 18_600
const directory = mkdtempSync(join(tmpdir(), 'tune-benchmark-'))

/** The first of a group is what the others are held against. */
const GROUPS = [
  {
    title: 'async, kept connections',
    arms: [
      { name: 'node:cluster', start: (port) => nodeCluster(port, WORKERS) },
      { name: 'PM2 cluster', start: (port) => pm2(port, WORKERS), needs: 'pm2-runtime' },
      { name: 'tune async', start: (port) => tune(port, { workerClass: 'async', workers: WORKERS }) },
      {
        name: 'tune async, access log on',
        start: (port) =>
          tune(port, { workerClass: 'async', workers: WORKERS, accessLog: join(directory, 'access.log') }),
      },
    ],
  },
  {
    title: 'sync, a connection for each request',
    arms: [
      { name: 'gunicorn sync', start: (port) => gunicorn(port, '-w', `${WORKERS}`), needs: 'gunicorn' },
      { name: 'tune sync', start: (port) => tune(port, { workerClass: 'sync', workers: WORKERS }) },
    ],
  },
  {
    title: `threaded, ${THREADS} threads each, kept connections`,
    arms: [
      {
        name: 'gunicorn gthread',
        start: (port) => gunicorn(port, '-w', `${WORKERS}`, '-k', 'gthread', '--threads', `${THREADS}`),
        needs: 'gunicorn',
      },
      {
        name: 'tune threaded',
        start: (port) => tune(port, { workerClass: 'threaded', workers: WORKERS, threads: THREADS }),
      },
    ],
  },
]

function wrk(port, forSeconds) {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${forSeconds}`, `http://127.0.0.1:${port}/`]
  const text = execFileSync('wrk', args, { encoding: 'utf8' })
  const errors = /Socket errors: (.*)|Non-2xx.*: (\d+)/.exec(text)?.[0] ?? ''
  return { rps: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), errors }
}

async function measure({ title, arms }) {
  const present = arms
    .filter(({ needs }) => needs === undefined || spawnSync(needs, ['--version']).status === 0)
    .map((arm) => ({ ...arm, rps: [], pss: [], errors: new Set() }))
  for (let start = 0; start < starts; start += 1) await measureOnce(present, start)
  print(title, present)
}

/** All are started anew, since one process is faster than the next for as long as it lives. */
async function measureOnce(arms, start) {
  const running = []
  try {
    for (const [index, arm] of arms.entries()) {
      const port = FIRST_PORT + Number(index)
      running.push({ arm, port, server: arm.start(port) })
    }
    for (const { port } of running) await listening(port)
    // Compiled code, open descriptors, filled caches.
    for (const { port } of running) wrk(port, 2 * seconds)
    for (let round = 0; round < rounds; round += 1) {
      // The order turns with every round, so that nobody always comes after the same one.
      for (let step = 0; step < running.length; step += 1) {
        const { arm, port } = running[(step + round + start) % running.length]
        const { rps, errors } = wrk(port, seconds)
        arm.rps.push(rps)
        if (errors) arm.errors.add(errors)
      }
    }
    for (const { arm, server } of running) arm.pss.push(...server.workers().map(pssOf))
  } finally {
    for (const { server } of running) await server.stop()
  }
}

function print(title, arms) {
  console.log(`| ${title} | req/s (median) | ratio (median) | ratio, all rounds | PSS per worker |`)
  console.log('| --- | ---: | ---: | ---: | ---: |')
  const [base] = arms
  for (const arm of arms) {
    const ratios = arm.rps.map((rps, round) => rps / base.rps[round])
    const range = arm === base ? '' : `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
    const mib = median(arm.pss) / 2 ** 20
    const note = arm.errors.size > 0 ? ` (${[...arm.errors].join('; ')})` : ''
    console.log(
      `| ${arm.name}${note} | ${Math.round(median(arm.rps)).toLocaleString('en')} | ${median(ratios).toFixed(2)} | ${range} | ${mib.toFixed(1)} MiB |`,
    )
  }
  console.log('')
}

/** Of an even number the upper one. */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function versionOf(command, ...args) {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return `${stdout}${stderr}`.trim().split('\n').at(-1)
}

console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${availableParallelism()} CPUs,`)
// Not of `pm2`: it would start its daemon even for that, and leave it.
console.log(
  `Node ${process.versions.node}, ${versionOf('gunicorn', '--version')}, PM2 ${versionOf('pm2-runtime', '--version')},`,
)
console.log(
  `${starts} starts with ${rounds} rounds of ${seconds} s each, ${WORKERS} workers, ${CONNECTIONS} connections\n`,
)
try {
  for (const group of GROUPS) await measure(group)
} finally {
  rmSync(directory, { recursive: true })
}
