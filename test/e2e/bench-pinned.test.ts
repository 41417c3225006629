import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { benchDocumentSchema } from '../../src/result/document.js'
import { runTune } from '../helpers/cli.js'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'tune-pinned-'))
})
afterEach(() => rmSync(out, { recursive: true }))

const RUN = ['--workloads', 'io', '--classes', 'async', '--connections', '8', '--duration', '0.5s']
const bench = (...args: string[]) => runTune(['bench', ...RUN, ...args, '--out', out])

it.skipIf(process.platform !== 'linux' || availableParallelism() < 2)(
  'generators get CPUs of their own, what is left counts as the CPUs of the server, and servers start as often as told',
  async () => {
    const turns = ['--blocks', '1', '--repeat', '2', '--seed', '3']
    const { code, stdout, left } = await bench(...turns, '--generator-cpus', '0', '--json')
    expect({ code, left }).toEqual({ code: 0, left: [] })
    const { machine, generatorCpus, plan, trials } = benchDocumentSchema.parse(JSON.parse(stdout))
    expect(generatorCpus).toBe('0')
    expect(machine.effectiveCpus).toBeLessThanOrEqual(availableParallelism() - 1)
    expect(plan).toMatchObject({ blocks: 1, repeats: 2 })
    // The rule 2N+1 and its A/A twin.
    const turnsOf = trials.map(({ start, block }) => [start, block])
    expect(turnsOf).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
    ])
  },
)

it.each([
  ['0-9999', 'may not run on CPU'],
  ['one', 'is no list of CPUs'],
])('--generator-cpus %s is refused', async (list, message) => {
  const { code, stderr, left } = await bench('--generator-cpus', list)
  expect({ code, left }).toEqual({ code: 2, left: [] })
  expect(stderr).toContain(message)
})
