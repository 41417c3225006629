import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lint } from 'markdownlint/sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderTrendHtml } from '../../../src/report/html/trend.js'
import { renderTrendMarkdown } from '../../../src/report/trend/markdown.js'
import { readReport } from '../../../src/result/comparison-file.js'
import { benchDocumentSchema, type BenchDocument } from '../../../src/result/document.js'
import { mergeShards } from '../../../src/studies/merge-shards.js'
import { readTrend } from '../../../src/studies/trend.js'
import { failedComparison } from '../../helpers/comparisons.js'
import { benchDocument, HOSTILE, ioDocument } from '../../helpers/documents.js'

/** The part of the matrix that measured these workloads. */
function part(name: string, ...workloads: string[]): BenchDocument {
  const whole = benchDocument()
  return {
    ...whole,
    name,
    plan: { ...whole.plan, workloads: whole.plan.workloads.filter((one) => workloads.includes(one.name)) },
    cells: whole.cells.filter(({ workload }) => workloads.includes(workload)),
    trials: whole.trials.filter(({ workload }) => workloads.includes(workload ?? '')),
  }
}

describe('mergeShards', () => {
  it('makes the whole of its parts, in any order of reading', () => {
    const merged = mergeShards([part('one', 'io'), part('two', 'cpu')])
    const whole = benchDocument()
    expect(benchDocumentSchema.parse(merged)).toEqual(merged)
    expect(merged.cells).toEqual(whole.cells)
    expect(merged.plan).toEqual(whole.plan)
    expect(merged.trials).toHaveLength(whole.trials.length)
    expect(new Set(merged.trials.map(({ id }) => id)).size).toBe(whole.trials.length)
    expect(merged.name).toBe('one+two')
  })

  it.each([
    [
      'another machine',
      { ...part('b', 'cpu'), machine: { ...part('b').machine, effectiveCpus: 8 } },
      /effective CPUs \(2 and 8\)/,
    ],
    ['the same workload', part('b', 'io'), /both a and b measured io/],
    ['another command', ioDocument(), /only parts of a bench/],
    [
      'other windows',
      { ...part('b', 'cpu'), plan: { ...part('b', 'cpu').plan, windowSeconds: 7 } },
      /window of a trial/,
    ],
  ])('refuses %s', (_, other, message) => {
    expect(() => mergeShards([part('a', 'io'), other])).toThrow(message)
  })
})

describe('readTrend', () => {
  let folder: string
  const write = (name: string, file: string, value: unknown): void => {
    mkdirSync(join(folder, name), { recursive: true })
    writeFileSync(join(folder, name, file), typeof value === 'string' ? value : JSON.stringify(value))
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tune-trend-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('follows every answer over time, and names what cannot be read', async () => {
    const io = ioDocument()
    write('b', 'result.json', { ...io, name: 'second', startedAt: '2026-11-22T09:30:00.000Z' })
    write('a', 'result.json', {
      ...io,
      name: 'third',
      startedAt: '2026-11-23T09:30:00.000Z',
      machine: { ...io.machine, nodeVersion: 'v24.0.0' },
    })
    write('c', 'result.json', { ...io, name: `first ${HOSTILE}`, startedAt: '2026-11-21T09:30:00.000Z' })
    write('old', 'result.json', { schemaVersion: 0 })
    write('ci', 'comparison.json', await failedComparison())
    write('notes', 'readme.txt', 'nothing')
    write('torn', 'result.json', '{"schemaVersion": 1,')
    writeFileSync(join(folder, 'README.md'), '# not one of them')
    const { series, left } = await readTrend(folder)
    const rps = series.find(({ metric, subject }) => metric === 'rps' && subject.includes('as recommended'))
    expect(rps?.points.map(({ startedAt }) => startedAt.slice(8, 10))).toEqual(['21', '22', '23'])
    expect(series.some(({ subject }) => subject.startsWith('app.ts, async-2x1000'))).toBe(true)
    expect(left).toHaveLength(2)
    expect(left[0]).toMatch(/schemaVersion is 0; this version of tune reads 1/)
    expect(left[1]).toMatch(/torn.*is not JSON/)
    const markdown = renderTrendMarkdown(series, 'reports')
    expect(markdown).toContain('third was measured elsewhere than the run before it')
    const config = { default: true, MD013: false, MD034: false, MD041: false }
    expect(lint({ strings: { trend: markdown }, config }).trend).toEqual([])
    const html = renderTrendHtml(series, 'reports')
    expect(html).not.toContain('<script>alert')
    expect(html.match(/role="img"/g)?.length).toBe(2 * series.length)
  })

  it('says so where there is nothing', async () => {
    await expect(readTrend(folder)).rejects.toThrow(/holds no report/)
    await expect(readTrend(join(folder, 'missing'))).rejects.toThrow(/does not exist/)
  })

  it('reads a comparison as it reads a result, and refuses an older one with the reason', async () => {
    const document = await failedComparison()
    write('ci', 'comparison.json', document)
    expect(await readReport(join(folder, 'ci'))).toEqual(document)
    expect(await readReport(join(folder, 'ci', 'comparison.json'))).toEqual(document)
    write('ci', 'comparison.json', { ...document, schemaVersion: 0 })
    await expect(readReport(join(folder, 'ci'))).rejects.toThrow(/schemaVersion is 0/)
  })
})
