import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { benchDocumentSchema, type BenchDocument, type Cell } from '../../src/result/document.js'
import { readTrials } from '../../src/result/read.js'
import { ROOT, runTune } from '../helpers/cli.js'

let out: string
beforeEach(() => {
  out = join(mkdtempSync(join(tmpdir(), 'tune-bench-')), 'report')
})
afterEach(() => rmSync(join(out, '..'), { recursive: true }))

const SMALL = ['--duration', '500ms', '--connections', '8']
const bench = (...args: string[]) =>
  runTune(['bench', ...args, '--out', out, '--quiet'], { timeoutMs: 170_000 })
const rps = (cell: Cell | undefined): number => cell?.throughputRps?.value ?? NaN

describe('tune bench', () => {
  it('measures every cell of the matrix and the rule of each class, and marks the best and the rule', async () => {
    const axes = ['--classes', 'sync,async', '--workers', '1', '--threads', '1', '--workloads', 'io,blocking']
    const { code, stdout, left } = await bench('--matrix', ...axes, ...SMALL, '--blocks', '1', '--json')
    expect({ code, left }).toEqual({ code: 0, left: [] })
    const document: BenchDocument = benchDocumentSchema.parse(JSON.parse(stdout))
    const rule = 2 * Math.floor(document.machine.effectiveCpus) + 1
    const workers = [...new Set([1, rule])]
    for (const workload of ['io', 'blocking']) {
      const cells = document.cells.filter((cell) => cell.workload === workload)
      const find = (workerClass: string, count: number) =>
        cells.find(
          ({ configuration }) => configuration.workerClass === workerClass && configuration.workers === count,
        )
      expect(cells).toHaveLength(2 * workers.length)
      expect(cells.filter(({ best }) => best)).toHaveLength(1)
      expect(
        cells.filter(({ heuristic }) => heuristic).map(({ configuration }) => configuration.workers),
      ).toEqual([rule, rule])
      // One at a time for 20 ms at least: a figure above workers / 20 ms would be false.
      for (const count of workers) expect(rps(find('sync', count))).toBeLessThanOrEqual(count / 0.02)
      // Waiting that leaves the loop free overlaps in one worker; waiting that blocks it does not.
      if (workload === 'io') expect(rps(find('async', 1))).toBeGreaterThan(4 * rps(find('sync', 1)))
      else expect(rps(find('async', 1))).toBeLessThanOrEqual(1 / 0.02)
    }
    expect(await readTrials(join(out, 'trials.jsonl'))).toEqual(document.trials)
  })

  it('measures the rule alone without --matrix, for an app', async () => {
    // Two blocks: of one, a busy machine may leave no trial that may be believed. At once it would answer so fast that opening the
    // connections of the sync class takes the generator's time, and is not believed.
    const { code, stdout, left } = await bench(
      ...[join(ROOT, 'test/fixtures/apps/serve.js'), '--path', '/wait?ms=10', ...SMALL, '--blocks', '2'],
    )
    expect({ code, left }).toEqual({ code: 0, left: [] })
    expect(stdout).toContain('serve.js: best is')
  })
})
