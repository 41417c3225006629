import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { createRandom } from '../../src/experiment/random.js'
import { readDocument, readTrials } from '../../src/result/read.js'
import { runCommand } from '../helpers/command.js'

// One class with its rule and one worker, and the A/A twin: 3 trials a block.
const RUN = ['--workloads', 'io', '--classes', 'async', '--workers', '1', '--connections', '8', '--cpus', '1']
const BLOCKS = 3
const TRIALS = 3 * BLOCKS
const KILLS = 10

let child: ChildProcess | undefined
let folder = ''
afterEach(async () => {
  if (child !== undefined && runs(child)) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(folder, { recursive: true, force: true })
})

function tune(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['bin/run.js', 'bench', '--quiet', ...args], { stdio: 'ignore' })
}

const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

it('kill -9 at ten random moments, then --resume: the same trials, none twice, none lost', async () => {
  folder = await mkdtemp(join(tmpdir(), 'tune-kill-'))
  const random = createRandom(17)
  const path = join(folder, 'trials.jsonl')
  const recorded = async () => ((await stat(path).catch(() => null)) ? await readTrials(path) : [])
  let before: string[] = []
  let arguments_ = [...RUN, '--blocks', String(BLOCKS), '--duration', '0.5s', '--seed', '3', '--out', folder]
  for (let kill = 0; kill < KILLS && before.length < TRIALS - 1; kill++) {
    child = tune(...arguments_)
    // Begun is what has a plan. Every other one dies in its start or a warm-up, the rest in or after a trial or a write.
    while (runs(child) && !(await stat(join(folder, 'plan.json')).catch(() => null))) await delay(20)
    if (kill % 2 === 0) await delay(random() * 500)
    else {
      while (runs(child) && (await recorded()).length === before.length) await delay(10)
      await delay(random() * 600)
    }
    // One that ended by itself had nothing to do, or could not begin: both are told below.
    if (runs(child)) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const now = (await recorded()).map(({ id, startedAt }) => `${id} ${startedAt}`)
    expect(now.slice(0, before.length)).toEqual(before)
    before = now
    arguments_ = ['--resume', folder]
  }
  const last = await runCommand(process.execPath, ['bin/run.js', 'bench', '--quiet', '--resume', folder])
  expect(last.stderr).toBe('')
  const trials = await readTrials(path)
  expect(trials.map(({ id }) => id)).toEqual(Array.from({ length: TRIALS }, (_, id) => id))
  expect(trials.map(({ block }) => block)).toEqual(trials.map((_, id) => Math.floor(id / 3)))
  const document = await readDocument(join(folder, 'result.json'))
  expect(document.status).toBe('complete')
  expect(document.trials).toEqual(trials)

  const again = await runCommand(process.execPath, ['bin/run.js', 'bench', '--resume', folder])
  expect(again.status).toBe(2)
  expect(again.stderr).toContain('there is nothing to resume')
  const mixed = await runCommand(process.execPath, [
    'bin/run.js',
    'bench',
    '--resume',
    folder,
    '--blocks',
    '9',
  ])
  expect(mixed.status).toBe(2)
  expect(JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8'))).toMatchObject({ seed: 3 })
}, 150_000)
