// Memory of the command line and of its generators over a long run: node benchmarks/load/flat-memory.js [--minutes 10]
// Runs `tune bench` on the bundled I/O workload, reads the resident set of each of its processes every five seconds, and fits a line to the
// second half, when code is compiled and heaps have their size. Prints a Markdown table.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const { values: options } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const MINUTES = Number(options.minutes)
const EVERY_MS = 5000
const TRIAL_SECONDS = 5
// Two trials a block, the cell and its A/A twin, with ramp.
const BLOCKS = Math.ceil((MINUTES * 60) / (2 * (TRIAL_SECONDS + 0.5)))

const folder = mkdtempSync(join(tmpdir(), 'tune-flat-'))
const matrix = ['--workloads', 'io', '--classes', 'async', '--workers', '5', '--connections', '16']
const effort = [
  '--blocks',
  String(BLOCKS),
  '--duration',
  `${TRIAL_SECONDS}s`,
  '--quiet',
  '--out',
  join(folder, 'run'),
]
const cli = spawn(process.execPath, ['bin/run.js', 'bench', ...matrix, ...effort], { stdio: 'ignore' })
let ended = false
cli.once('exit', () => (ended = true))

/** Samples by process: seconds since the start, bytes. */
const samples = { 'command line': [], 'load generator': [] }
const startMs = performance.now()
try {
  while (!ended && performance.now() - startMs < (MINUTES + 2) * 60_000) {
    await delay(EVERY_MS)
    const seconds = (performance.now() - startMs) / 1000
    note('command line', cli.pid, seconds)
    note('load generator', generatorOf(cli.pid), seconds)
  }
} finally {
  if (!ended) cli.kill('SIGINT')
  rmSync(folder, { recursive: true, force: true })
}

function note(name, pid, seconds) {
  const bytes = residentBytes(pid)
  if (bytes !== null) samples[name].push({ seconds, bytes })
}

function residentBytes(pid) {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? null : Number(kib) * 1024
  } catch {
    return null
  }
}

function generatorOf(parent) {
  return readdirSync('/proc').find((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return command.startsWith('tune: load generator') && status.includes(`PPid:\t${parent}\n`)
    } catch {
      return false
    }
  })
}

const mib = (bytes) => (bytes / 2 ** 20).toFixed(1)
console.log(
  '| process | samples | after 1 minute, MiB | at the end, MiB | highest, MiB | slope of the second half, KiB/minute |',
)
console.log('| --- | --: | --: | --: | --: | --: |')
for (const [name, all] of Object.entries(samples)) {
  const half = all.slice(Math.floor(all.length / 2))
  const mean = (pick) => half.reduce((sum, one) => sum + pick(one), 0) / half.length
  const [middle, level] = [mean(({ seconds }) => seconds), mean(({ bytes }) => bytes)]
  const up = half.reduce((sum, { seconds, bytes }) => sum + (seconds - middle) * (bytes - level), 0)
  const across = half.reduce((sum, { seconds }) => sum + (seconds - middle) ** 2, 0)
  const first = all.find(({ seconds }) => seconds >= 60) ?? all[0]
  const highest = Math.max(...all.map(({ bytes }) => bytes))
  const slope = ((up / across) * 60) / 1024
  console.log(
    `| ${name} | ${all.length} | ${mib(first.bytes)} | ${mib(all.at(-1).bytes)} | ${mib(highest)} | ${slope.toFixed(0)} |`,
  )
}
