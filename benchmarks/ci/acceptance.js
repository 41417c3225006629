// Does the gate of `tune ci` hold? In a real temporary git repository: the same code on both refs (how many false alarms?), and a
// handler that costs 15 % more (how many are caught?). Writes what it saw to benchmarks/ci/latest.json after every run.
//
//   npm run bench:ci -- --same 20 --slower 10 --time 30s [--lock /tmp/some.lock]
//
// --lock runs each measurement under flock(1), for a machine on which others measure too; runs already in latest.json with the same
// settings are kept, so that the whole may be made in parts.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RESULT = fileURLToPath(new URL('latest.json', import.meta.url))
const { values } = parseArgs({
  options: {
    same: { type: 'string', default: '20' },
    slower: { type: 'string', default: '10' },
    time: { type: 'string', default: '30s' },
    lock: { type: 'string' },
    /** Most runs in this go; the rest another time. */
    most: { type: 'string', default: '1000' },
    /** One of each kind in turn, so that an unfinished series has both. */
    alternate: { type: 'boolean', default: false },
  },
})
const TURNS = 400_000

/** A handler that computes, so that its cost is the length of its loop. */
const app = (turns) => `export default (request, response) => {
  let sum = 0
  for (let turn = 0; turn < ${turns}; turn++) sum += Math.sqrt(turn)
  response.end(String(sum > 0))
}
`

function repository() {
  const folder = mkdtempSync(join(tmpdir(), 'tune-acceptance-'))
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
      cwd: folder,
    })
  git('init', '--quiet', '--initial-branch=main')
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, '.gitignore'), 'reports\n')
  writeFileSync(join(folder, 'app.js'), app(TURNS))
  git('add', '--all')
  git('commit', '--quiet', '--message', 'base')
  return folder
}

function run(folder, kind, seed) {
  writeFileSync(join(folder, 'app.js'), app(kind === 'same' ? TURNS : Math.round(TURNS * 1.15)))
  const command = [process.execPath, join(ROOT, 'bin/run.js'), 'ci', 'app.js', '--baseline-ref', 'main']
  command.push('--time', values.time, '--seed', String(seed), '--quiet', '--json')
  const whole = values.lock === undefined ? command : ['flock', values.lock, ...command]
  const { status, stdout, stderr } = spawnSync(whole[0], whole.slice(1), {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const { gate, budgets = [], run: measured, error } = JSON.parse(stdout)
  if (error !== undefined) throw new Error(`${error.message} ${stderr}`)
  return {
    kind,
    seed,
    exit: status,
    gate,
    blocks: measured.blocks,
    seconds: Math.round(measured.durationSeconds),
    budgets: budgets.map(({ expression, observed, low, high, outcome }) => ({
      expression,
      observed,
      low,
      high,
      outcome,
    })),
  }
}

const settings = {
  time: values.time,
  turns: TURNS,
  cpus: cpus().length,
  cpu: cpus()[0]?.model,
  node: process.version,
}
const kept = previous()
const folder = repository()
try {
  for (let left = Number(values.most); left > 0; left--) {
    const kind = nextKind()
    if (kind === null) break
    const seen = run(folder, kind, done(kind) + 1)
    kept.push(seen)
    process.stdout.write(
      `${kind} ${seen.seed}: exit ${seen.exit} after ${seen.seconds} s, ${seen.blocks} blocks\n`,
    )
    writeFileSync(RESULT, `${JSON.stringify({ settings, summary: summary(kept), runs: kept }, null, 2)}\n`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(summary(kept), null, 2)}\n`)

function done(kind) {
  return kept.filter((one) => one.kind === kind).length
}

/** What is to be run next, `null` when everything has been. */
function nextKind() {
  const open = ['same', 'slower'].filter((kind) => done(kind) < Number(values[kind]))
  // Of two, the one that is further behind its number.
  if (values.alternate) open.sort((a, b) => done(a) / Number(values[a]) - done(b) / Number(values[b]))
  return open[0] ?? null
}

function previous() {
  try {
    const earlier = JSON.parse(readFileSync(RESULT, 'utf8'))
    return JSON.stringify(earlier.settings) === JSON.stringify(settings) ? earlier.runs : []
  } catch {
    return []
  }
}

function summary(runs) {
  const count = (kind, exit) => runs.filter((one) => one.kind === kind && one.exit === exit).length
  const of = (kind) => ({ pass: count(kind, 0), inconclusive: count(kind, 5), fail: count(kind, 6) })
  return { same: of('same'), slower: of('slower') }
}
