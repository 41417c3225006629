import { describe, expect, it, vi } from 'vitest'
import { comparisonDocumentSchema, type ComparisonDocument } from '../../../src/result/comparison.js'
import { renderComparisonHtml } from '../../../src/report/html/comparison.js'
import { renderComparisonTerminal } from '../../../src/report/comparison/terminal.js'
import { renderComparisonMarkdown } from '../../../src/report/comparison/markdown.js'
import { comparisonHeadline } from '../../../src/report/comparison/words.js'
import { comparisonExitCode } from '../../../src/studies/exit-code.js'
import { simulatedVersions } from '../../helpers/versions.js'

vi.setConfig({ testTimeout: 60_000 })

const RPS = 'rps vs baseline >= -5%'
const verdict = (document: ComparisonDocument, metric: string) =>
  document.subjects[0]?.metrics.find((one) => one.metric === metric)?.verdict

describe('compareVersions', () => {
  it('measures base, head and the base again in every block, and leaves no server behind', async () => {
    const { document, world } = await simulatedVersions({ budgets: [RPS] })
    expect(comparisonDocumentSchema.parse(document)).toEqual(document)
    const { trials = [], blocks = 0, status } = document.run ?? {}
    expect(status).toBe('complete')
    expect(trials).toHaveLength(3 * blocks)
    for (const label of ['base', 'head', 'base-again']) {
      expect(trials.filter(({ target }) => target === label).map(({ block }) => block)).toEqual(
        Array.from({ length: blocks }, (_, block) => block),
      )
    }
    expect(
      new Set(
        [0, 1, 2, 3].map((block) =>
          trials
            .filter((one) => one.block === block)
            .map(({ target }) => target)
            .join(),
        ),
      ).size,
    ).toBeGreaterThan(1)
    expect(world.running).toBe(0)
  })

  it('passes the same code, and ends before its time', async () => {
    const { document } = await simulatedVersions({ budgets: [RPS, 'errors.rate < 1%'], seconds: 600 })
    expect(document.gate).toBe('pass')
    expect(document.run?.durationSeconds).toBeLessThan(60)
    expect(comparisonExitCode(document, undefined)).toBe(0)
  })

  it('fails a head that is 15 % slower, with the change and its interval', async () => {
    const { document } = await simulatedVersions({ ratio: 0.85, budgets: [RPS] })
    expect(document.gate).toBe('fail')
    expect(comparisonExitCode(document, undefined)).toBe(6)
    const [budget] = document.budgets
    expect(budget?.observed).toBeCloseTo(-0.15, 1)
    expect(budget?.low).toBeLessThan(-0.13)
    expect(budget?.high).toBeLessThan(-0.05)
    expect(verdict(document, 'rps')).toBe('worse')
    expect(verdict(document, 'latency.p50')).toBe('worse')
    expect(verdict(document, 'memory.pss')).toBe('equivalent')
  })

  it('says where budgets are decided together, which the table of metrics is not', async () => {
    const rendered = async (budgets: string[]): Promise<string[]> => {
      const { document } = await simulatedVersions({ budgets })
      const options = { width: 200, color: false, unicode: true }
      return [
        renderComparisonTerminal(document, options),
        renderComparisonMarkdown(document),
        renderComparisonHtml(document),
      ]
    }
    const one = 'rps vs baseline >= -5%'
    for (const wrapped of await rendered([one, 'latency.p95 vs baseline <= 9%'])) {
      const text = wrapped.replaceAll(/\s+/g, ' ')
      expect(text).toContain('The 2 budgets on changes are decided together')
      expect(text).toContain('each verdict of the table stands for itself')
    }
    for (const text of await rendered([one, 'errors.rate < 1%'])) expect(text).not.toContain('Holm')
  })

  it('calls a faster head better', async () => {
    const { document } = await simulatedVersions({ ratio: 1.3 })
    expect(verdict(document, 'rps')).toBe('better')
    expect(verdict(document, 'latency.p99')).toBe('better')
  })

  it('decides nothing on a machine that is too noisy or in too little time', async () => {
    const noisy = await simulatedVersions({ budgets: [RPS], noise: 0.4, seconds: 20 })
    expect(noisy.document.gate).toBe('inconclusive')
    expect(comparisonExitCode(noisy.document, undefined)).toBe(5)
    expect(comparisonExitCode(noisy.document, 'fail')).toBe(6)
    expect(comparisonExitCode(noisy.document, 'warn')).toBe(0)
    const short = await simulatedVersions({ budgets: [RPS], seconds: 1 })
    expect(short.document.gate).toBe('inconclusive')
    expect(short.document.budgets[0]).toMatchObject({ low: null, outcome: 'inconclusive' })
    expect(renderComparisonMarkdown(short.document)).toMatch(
      /Too few blocks to decide, 1 of at least 8: --time 30s\./,
    )
  })

  it('says where nothing could be compared, and whose fault it is', async () => {
    const { document } = await simulatedVersions({ budgets: [RPS], seconds: 10 })
    const note = 'no trial of head may be believed: non-2xx'
    const without = {
      ...document,
      budgets: document.budgets.map((one) => ({ ...one, observed: null, outcome: 'fail' as const, note })),
      subjects: document.subjects.map((one) => ({
        ...one,
        metrics: one.metrics.map((metric) => ({
          ...metric,
          effect: null,
          verdict: 'inconclusive' as const,
        })),
      })),
    }
    expect(comparisonHeadline(without)).toBe(`feature against main: nothing could be compared, ${note}`)
  })

  it('says that a p99 takes longer windows, instead of failing for want of it', async () => {
    const budgets = ['latency.p99 < 10s']
    const settings = { windowSeconds: 0.4 }
    const { document } = await simulatedVersions({ budgets, settings, seconds: 15 })
    expect(document.budgets[0]).toMatchObject({ outcome: 'inconclusive', observed: null })
    expect(document.budgets[0]?.note).toContain('longer windows')
    const longer = await simulatedVersions({ budgets })
    expect(longer.document.budgets[0]?.outcome).toBe('pass')
  })

  it('keeps what is known when it is interrupted', async () => {
    const controller = new AbortController()
    const { document, world } = await simulatedVersions({
      budgets: [RPS],
      signal: controller.signal,
      onTrial: (count) => {
        if (count === 7) controller.abort(new Error('Ctrl-C'))
      },
    })
    expect(document.run).toMatchObject({ status: 'interrupted', blocks: 2 })
    expect(document.run?.trials).toHaveLength(7)
    expect(comparisonExitCode(document, 'pass')).toBe(130)
    expect(world.running).toBe(0)
  })
})

it('says how much time would decide it, or that none would', async () => {
  const advice = async (noise: number): Promise<string> => {
    const { document } = await simulatedVersions({ budgets: [RPS], noise, seconds: 25 })
    return renderComparisonMarkdown(document)
  }
  const [, blocks = '', time = ''] = /About (\d+) blocks in all .*--time (\d+)s/.exec(await advice(0.1)) ?? []
  expect(Number(blocks)).toBeGreaterThan(8)
  expect(Number(time)).toBeGreaterThan(25)
  const { document } = await simulatedVersions({ budgets: [RPS], noise: 0.1, seconds: 2 * Number(time) })
  expect(document.gate).toBe('pass')
})

describe('the gate over simulated runs with a wandering machine', () => {
  const outcomes = async (ratio: number, count: number): Promise<Record<string, number>> => {
    const counted: Record<string, number> = { pass: 0, fail: 0, inconclusive: 0 }
    for (let seed = 1; seed <= count; seed++) {
      const { document } = await simulatedVersions({ ratio, seed, noise: 0.03, drift: 0.03, budgets: [RPS] })
      counted[document.gate] = (counted[document.gate] ?? 0) + 1
    }
    return counted
  }

  it('raises at most 1 false alarm for 100 times the same code', async () => {
    const { fail = 0, pass = 0 } = await outcomes(1, 100)
    expect(fail).toBeLessThanOrEqual(1)
    expect(pass).toBeGreaterThanOrEqual(95)
  })

  it('finds what is 15 % slower, each of 50 times', async () => {
    expect(await outcomes(0.85, 50)).toEqual({ pass: 0, fail: 50, inconclusive: 0 })
  })

  it('lets nothing that is 15 % slower pass, however noisy the machine', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { document } = await simulatedVersions({
        ratio: 0.85,
        seed,
        noise: 0.2,
        drift: 0.1,
        budgets: [RPS],
        seconds: 30,
      })
      expect(document.gate).not.toBe('pass')
    }
  })
})
