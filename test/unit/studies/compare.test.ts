import { describe, expect, it } from 'vitest'
import { parseBudget } from '../../../src/config/budget.js'
import { renderComparisonMarkdown } from '../../../src/report/comparison/markdown.js'
import { renderComparisonTerminal } from '../../../src/report/comparison/terminal.js'
import { comparisonDocumentSchema, type ComparisonDocument } from '../../../src/result/comparison.js'
import type { AnalyzeDocument } from '../../../src/result/document.js'
import type { Metric } from '../../../src/result/metric.js'
import type { Trial } from '../../../src/result/trial.js'
import { compareResults, type CompareSettings } from '../../../src/studies/compare.js'
import { benchDocument, HOSTILE, interruptedDocument, ioDocument } from '../../helpers/documents.js'

const settings: CompareSettings = { toolVersion: '0.1.0', margin: 0.05, budgets: [], otherMachine: false }

/** The same run on another day, with trials changed. */
function head(change: (trial: Trial) => Trial = (one) => one): AnalyzeDocument {
  const base = ioDocument()
  return { ...base, name: 'api-20261121-093000', trials: base.trials.map(change) }
}

const slower = (factor: number) =>
  head((one) => ({
    ...one,
    throughputRps: one.throughputRps / factor,
    latencyUs: { ...one.latencyUs, p50: one.latencyUs.p50! * factor },
  }))

function verdicts(document: ComparisonDocument): Partial<Record<Metric, string>> {
  const main = document.subjects.find((subject) => subject.main)!
  return Object.fromEntries(main.metrics.map(({ metric, verdict }) => [metric, verdict]))
}

describe('compareResults', () => {
  it('calls a run equivalent to itself, and pairs every configuration that was raced', () => {
    const document = compareResults(ioDocument(), head(), settings)
    expect(comparisonDocumentSchema.parse(document)).toEqual(document)
    expect(document.subjects).toHaveLength(6)
    expect(document.subjects.filter(({ main }) => main)).toHaveLength(1)
    expect(verdicts(document)).toMatchObject({ rps: 'equivalent', 'latency.p50': 'equivalent' })
    expect(document.gate).toBe('pass')
  })

  it('sees which metrics became worse or better, and which did not', () => {
    const worse = verdicts(compareResults(ioDocument(), slower(1.3), settings))
    expect(worse).toMatchObject({ rps: 'worse', 'latency.p50': 'worse', 'memory.pss': 'equivalent' })
    const better = verdicts(compareResults(ioDocument(), slower(0.7), settings))
    expect(better).toMatchObject({ rps: 'better', 'latency.p50': 'better' })
  })

  it('calls nothing a difference that lies below the margin between two runs', () => {
    expect(verdicts(compareResults(ioDocument(), slower(1.03), settings)).rps).not.toBe('worse')
    expect(verdicts(compareResults(ioDocument(), slower(1.03), { ...settings, margin: 0.001 })).rps).toBe(
      'worse',
    )
  })

  it('takes no figure from trials that are not believed', () => {
    const broken = head((one) =>
      one.id % 2 === 0
        ? one
        : {
            ...one,
            throughputRps: 1,
            validity: {
              ok: false,
              warnings: [],
              reasons: [{ id: 'x', message: 'x', observed: 1, limit: 0 }],
            },
          },
    )
    expect(verdicts(compareResults(ioDocument(), broken, settings)).rps).toBe('equivalent')
  })

  it('gives no verdict when others took the CPUs during most of one run', () => {
    const warnings = [{ id: 'busy-neighbours', message: 'x', observed: 1.4, limit: 0.2 }]
    const crowded = slower(3)
    crowded.trials = crowded.trials.map((one) => ({ ...one, validity: { ...one.validity, warnings } }))
    const document = compareResults(ioDocument(), crowded, settings)
    expect(verdicts(document)).toMatchObject({ rps: 'inconclusive', 'latency.p50': 'inconclusive' })
    expect(document.caveats.join('\n')).toContain('supports no verdict')
  })

  it('refuses other machines and other questions, and says what differs', () => {
    const other = { ...head(), machine: { ...head().machine, effectiveCpus: 8 } }
    expect(() => compareResults(ioDocument(), other, settings)).toThrow(/effective CPUs 2 and 8/)
    const told = compareResults(ioDocument(), other, { ...settings, otherMachine: true })
    expect(told.caveats.join('\n')).toContain('effective CPUs 2 and 8')
    const post = { ...head(), request: { ...head().request, path: '/other' } }
    expect(() => compareResults(ioDocument(), post, settings)).toThrow(/path \/feed and \/other/)
    expect(() => compareResults(ioDocument(), benchDocument(), settings)).toThrow(/command analyze and bench/)
  })

  it('names another Node, an interrupted run and, always, that two runs are not one', () => {
    const other = {
      ...head(),
      machine: { ...head().machine, nodeVersion: 'v22.1.0' },
      status: 'interrupted' as const,
    }
    const caveats = compareResults(ioDocument(), other, settings).caveats.join('\n')
    expect(caveats).toContain('Node v20.20.2 and v22.1.0')
    expect(caveats).toContain('was interrupted')
    expect(caveats).toContain('Two runs at different times')
  })

  it('refuses results without a configuration under the same load', () => {
    const elsewhere = head((one) => ({ ...one, load: { connections: one.load.connections * 2 } }))
    expect(() => compareResults(ioDocument(), elsewhere, settings)).toThrow(/no configuration in common/)
  })

  it('compares a matrix cell by cell, the best of every workload marked', () => {
    const document = compareResults(benchDocument(), benchDocument(), settings)
    expect(document.subjects.filter(({ main }) => main).map(({ workload }) => workload)).toEqual([
      'io',
      'cpu',
    ])
    // One trial a cell carries no interval, and so no verdict.
    expect(
      document.subjects.flatMap(({ metrics }) => metrics).every(({ verdict }) => verdict === 'inconclusive'),
    ).toBe(true)
  })
})

describe('budgets', () => {
  const gate = (document: AnalyzeDocument, ...budgets: string[]) =>
    compareResults(ioDocument(), document, { ...settings, budgets: budgets.map((text) => parseBudget(text)) })

  it('are decided for what the head recommends', () => {
    const document = gate(
      head(),
      'rps >= 5000',
      'rps vs baseline >= -5%',
      'errors.rate < 0.1%',
      'memory.pss < 1g',
    )
    expect(document.budgets.map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass', 'pass'])
    expect(document.budgets[0]?.subject).toBe('async-2x1000 at 64 clients')
    expect(document.gate).toBe('pass')
  })

  it('fail on a regression, with the change and its interval', () => {
    const { gate: outcome, budgets } = gate(slower(1.15), 'rps vs baseline >= -5%')
    expect(outcome).toBe('fail')
    expect(budgets[0]?.observed).toBeCloseTo(1 / 1.15 - 1, 2)
    expect(budgets[0]?.high).toBeLessThan(-0.05)
  })

  it('count failures of trials that are not believed for them', () => {
    const failing = head((one) => ({ ...one, requests: { ...one.requests, errors: 50 } }))
    expect(gate(failing, 'errors.rate < 0.1%').gate).toBe('fail')
  })

  it('fail when nothing was measured', () => {
    const blind = head((one) => ({ ...one, server: null }))
    expect(gate(blind, 'memory.pss < 1g')).toMatchObject({ gate: 'fail', budgets: [{ observed: null }] })
  })

  it('refuse to pass when the answer has nothing to be compared with', () => {
    const nothing = { ...interruptedDocument(), trials: ioDocument().trials }
    expect(() =>
      compareResults(ioDocument(), nothing, { ...settings, budgets: [parseBudget('rps > 1')] }),
    ).toThrow(/did not measure/)
  })
})

describe('the renderings', () => {
  const budgets = ['rps vs baseline >= -5%', 'warn: latency.p50 < 1us', 'rps >= 4530'].map((text) =>
    parseBudget(text),
  )
  const document = compareResults(ioDocument(), slower(1.3), { ...settings, budgets })

  it('of a terminal reads as before', async () => {
    const text = renderComparisonTerminal(document, { width: 100, color: false, unicode: true })
    await expect(text).toMatchFileSnapshot('__snapshots__/compare-100.txt')
    expect(text.split('\n').every((line) => line.length <= 100)).toBe(true)
  })

  it('of a narrow terminal keeps what changed', () => {
    const text = renderComparisonTerminal(document, { width: 40, color: false, unicode: true })
    expect(text).toMatch(/^requests per second +-\d+ % +worse$/m)
    expect(text.split('\n').every((line) => line.length <= 40)).toBe(true)
  })

  it('of Markdown reads as before', async () => {
    await expect(renderComparisonMarkdown(document)).toMatchFileSnapshot('__snapshots__/compare.md')
  })

  it('are not harmed by names', () => {
    const evil = { ...slower(1.3), name: HOSTILE, app: { ...ioDocument().app, spec: HOSTILE } }
    const hostile = compareResults(ioDocument(), evil, settings)
    const texts = [
      renderComparisonMarkdown(hostile),
      renderComparisonTerminal(hostile, { width: 80, color: false, unicode: true }),
    ]
    for (const text of texts)
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    expect(texts[0]?.split('\n').find((line) => line.startsWith('## '))).toContain('\\<script>')
  })
})
