import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, type Compared, type Measured } from '../../../src/advisor/decide.js'
import { byClosedLoad, policyFor } from '../../../src/advisor/policy.js'
import { recommend, type RecommendInput } from '../../../src/advisor/recommend.js'
import { compareFamily, judgeWithoutInterval } from '../../../src/experiment/compare.js'
import {
  candidateSchema,
  heuristicSchema,
  recommendationSchema,
  type Workload,
} from '../../../src/result/analysis.js'
import {
  configurationFlags,
  configurationKey,
  type Configuration,
} from '../../../src/result/configuration.js'
import { PLAIN_QUESTION, type Question } from '../../../src/result/question.js'
import { workload } from '../../helpers/arbitraries.js'

const PLAIN = policyFor(PLAIN_QUESTION)
const workers = (count: number): Configuration => ({
  workerClass: 'sync',
  workers: count,
  threads: 1,
  workerConnections: 1000,
})

interface Shown {
  /** ln X of six blocks around this, and how far apart. `null`: no valid trial. */
  level: number | null
  spread?: number
  invalid?: string[]
}

const STEPS = [-1, 1, -0.5, 0.5, -0.2, 0.2]

/** Candidates by number of workers; pairs follow from the levels. */
function measuredOf(shown: Record<number, Shown>, margin = 0.03) {
  const entries = Object.entries(shown).map(([count, one]) => ({
    configuration: workers(Number(count)),
    ...one,
  }))
  const measured = entries.map(({ configuration, level, invalid = [] }): Measured => ({
    key: configurationKey(configuration),
    configuration,
    proposedBy: ['test'],
    connections: 32,
    control: configuration.workers === 5,
    throughputRps: level === null ? null : { value: 100 * Math.exp(level), low: null, high: null },
    latencyUs: { p50: 1000, p95: 2000, p99: 3000 },
    pssBytes: configuration.workers * 40e6,
    validTrials: level === null ? 0 : 6,
    invalidReasons: invalid,
  }))
  const compareWith = (reference: string): ReadonlyMap<string, Compared> => {
    const base = entries.find(({ configuration }) => configurationKey(configuration) === reference)
    if (base === undefined || base.level === null) return new Map()
    const from = base.level
    return compareFamily(
      new Map(
        entries
          .filter(({ configuration }) => configurationKey(configuration) !== reference)
          .map(({ configuration, level, spread = 0.005 }) => [
            configurationKey(configuration),
            level === null
              ? []
              : STEPS.map((step) => level - from + step * Math.max(spread, base.spread ?? 0)),
          ]),
      ),
      margin,
    )
  }
  return { measured, compareWith }
}

const decided = (shown: Record<number, Shown>) => {
  const { measured, compareWith } = measuredOf(shown)
  return decide(measured, 'sync-5', compareWith, 0.03, PLAIN)
}

const advised = (shown: Record<number, Shown>, overrides: Partial<RecommendInput> = {}) => {
  const { measured, compareWith } = measuredOf(shown)
  const cpu: Workload = workload({
    class: 'cpu',
    cpuMsPerRequest: 10,
    waitMsPerRequest: 0.4,
    kneeConcurrency: 2.08,
  })
  return recommend({
    measured,
    excluded: [],
    heuristicKey: 'sync-5',
    currentKey: null,
    compareWith,
    confirmed: { measured, compareWith },
    noise: { margin: 0.03, effect: null },
    policy: PLAIN,
    workload: cpu,
    effectiveCpus: 2,
    startCommand: (one) => `tune serve app.ts ${configurationFlags(one)}`,
    ...overrides,
  })
}

describe('decide', () => {
  it('changes to what is faster by more than the margin', () => {
    expect(decided({ 5: { level: 0 }, 8: { level: 0.5 } })).toMatchObject({
      action: 'change',
      because: 'faster',
      chosen: { key: 'sync-8' },
    })
  })

  it('changes to what is as fast and cheaper, the cheapest of all', () => {
    expect(
      decided({ 5: { level: 0 }, 2: { level: 0.002 }, 3: { level: 0.004 }, 1: { level: -0.7 } }),
    ).toMatchObject({
      action: 'change',
      because: 'as-fast-and-cheaper',
      chosen: { key: 'sync-2' },
    })
  })

  it('of the fastest takes the cheaper one, where they are equivalent', () => {
    expect(decided({ 5: { level: 0 }, 8: { level: 0.5 }, 16: { level: 0.505 } }).chosen.key).toBe('sync-8')
  })

  it('keeps the rule where nothing is faster, or as fast and cheaper', () => {
    expect(decided({ 5: { level: 0 }, 8: { level: 0.002 }, 2: { level: -0.4 } })).toMatchObject({
      action: 'keep',
      because: 'control-is-best',
      chosen: { key: 'sync-5' },
    })
  })

  it('does not change for a gain that the noise does not show', () => {
    expect(decided({ 5: { level: 0 }, 8: { level: 0.05, spread: 0.2 } })).toMatchObject({
      action: 'inconclusive',
      because: 'undecided',
      chosen: { key: 'sync-5' },
      best: { key: 'sync-8' },
    })
  })

  it('on a machine so noisy that the margin is 50 %, does not call everything as good', () => {
    const { measured, compareWith } = measuredOf({ 5: { level: 0 }, 1: { level: -0.25, spread: 0.05 } })
    expect(decide(measured, 'sync-5', compareWith, 0.5, PLAIN)).toMatchObject({ action: 'keep' })
  })

  it('keeps what is best there, as well as what is best by a hair, and says why nothing cheaper replaces it', () => {
    const at = (shown: Record<number, Shown>, margin: number) => {
      const { measured, compareWith } = measuredOf(shown, margin)
      const noise = { margin, floor: margin, effect: null }
      return advised(shown, { measured, compareWith, confirmed: { measured, compareWith }, noise })
        .recommendation
    }
    const cheaper = at({ 5: { level: 0 }, 2: { level: -0.01, spread: 0.02 } }, 0.5)
    expect(cheaper).toMatchObject({ action: 'keep', confidence: 'low' })
    expect(cheaper.reasons[1]).toMatch(
      /^2 sync workers would be cheaper and may be as good, .*: that says too little where one configuration may differ from itself by 50 % \(A\/A\)\.$/,
    )
    const dearer = at({ 5: { level: 0 }, 8: { level: 0.01, spread: 0.02 } }, 0.5)
    expect(dearer.action).toBe('keep')
  })

  it('of servers that differ from their own twins by half, believes no lead of a tenth for a cheaper one', () => {
    const actionAt = (margin: number, policy = PLAIN) => {
      const { measured, compareWith } = measuredOf(
        { 5: { level: 0 }, 2: { level: 0.12, spread: 0.02 } },
        margin,
      )
      return decide(measured, 'sync-5', compareWith, margin, policy).action
    }
    expect(actionAt(0.1)).toBe('change')
    expect(actionAt(0.2)).toBe('change')
    expect(actionAt(0.5)).toBe('inconclusive')
    // The rates of an objective were not measured by such pairs.
    const question: Question = { ...PLAIN_QUESTION, slo: { percentile: 'p99', limitUs: 5e4 } }
    expect(actionAt(0.5, policyFor(question))).toBe('change')
    expect(actionAt(0.6, byClosedLoad(policyFor(question), question))).toBe('inconclusive')
  })

  it('says inconclusive when the control has no valid trial, or the generator was a limit', () => {
    expect(decided({ 5: { level: null, invalid: ['errors'] }, 8: { level: 1 } }).because).toBe(
      'control-unmeasured',
    )
    expect(decided({ 5: { level: 0 }, 8: { level: null, invalid: ['generator-saturated'] } }).because).toBe(
      'generator-limited',
    )
    // Failures cost an app nothing, and keep the generator busy.
    const failing = ['non-2xx', 'generator-saturated']
    expect(decided({ 5: { level: 0 }, 8: { level: null, invalid: failing } }).because).toBe('control-is-best')
  })

  it('says what it gives away: no "no less" below, and no "nothing is faster" beside what is', () => {
    const said = (optimize: 'memory' | 'throughput', shown: Record<number, Shown>) =>
      advised(shown, { policy: policyFor({ ...PLAIN_QUESTION, optimize }) }).recommendation.reasons[0]
    expect(said('throughput', { 5: { level: 0 }, 2: { level: -0.01 } })).toContain('hardly less throughput')
    expect(said('memory', { 5: { level: 0 }, 8: { level: 0.15 } })).toBe(
      'Keep 2N+1 (5 sync workers): what is faster costs more, and at most 20 % less is accepted for a lower cost.',
    )
  })

  it('says of what is faster and does not fit that memory is the reason, also where only the race had it', () => {
    const reason = (shown: Record<number, Shown>, confirmedKeys: string[] | null, policy = PLAIN) => {
      const { measured: all, compareWith } = measuredOf(shown)
      const overBudget = { takesBytes: 320e6, budgetBytes: 300e6 }
      const measured = all.map((one) => (one.key === 'sync-8' ? { ...one, overBudget } : one))
      const kept = measured.filter(({ key }) => confirmedKeys === null || confirmedKeys.includes(key))
      const among: typeof compareWith = (key) =>
        new Map([...compareWith(key)].filter(([other]) => kept.some((one) => one.key === other)))
      const confirmed = confirmedKeys === null ? null : { measured: kept, compareWith: among }
      const { recommendation } = advised(shown, { measured, compareWith, confirmed, policy })
      expect(recommendation.action).toBe('keep')
      return recommendation.reasons[0]
    }
    const larger = { 5: { level: 0 }, 2: { level: -0.5 }, 8: { level: 0.2 } }
    const memory =
      'Keep 2N+1 (5 sync workers): what is faster takes more memory than may be used; of what fits nothing is faster by more than the margin, or as fast and cheaper.'
    expect(reason(larger, null)).toBe(memory)
    expect(reason(larger, ['sync-5', 'sync-2', 'sync-8'])).toBe(memory)
    expect(reason(larger, ['sync-5', 'sync-2'])).toBe(memory)
    // Of rates closed load says nothing.
    const rates = { ...PLAIN, byRates: true }
    expect(reason(larger, ['sync-5', 'sync-2'], rates)).not.toContain('what is faster')
    expect(reason({ ...larger, 8: { level: 0 } }, null)).toContain('of what fits nothing is faster')
    const balanced = policyFor({ ...PLAIN_QUESTION, optimize: 'balanced' })
    const both = { ...larger, 9: { level: 0.06 } }
    expect(reason(both, null, balanced)).toBe(
      'Keep 2N+1 (5 sync workers): what is faster costs more, or takes more memory than may be used, and at most 9 % less is accepted for a lower cost.',
    )
  })

  it('does not say that nothing keeps the objective where what does takes too much memory', () => {
    const policy = policyFor({ ...PLAIN_QUESTION, slo: { percentile: 'p99', limitUs: 5e4 } })
    const overBudget = { takesBytes: 320 * 2 ** 20, budgetBytes: 300 * 2 ** 20 }
    const reason = (kept: Record<number, number>, tooLarge: number[]) => {
      const shown = { 5: { level: 0 }, 2: { level: 0 }, 8: { level: 0 } }
      const measured = measuredOf(shown).measured.map((one) => ({
        ...one,
        throughputRps: { value: kept[one.configuration.workers] ?? 0, low: 0, high: 150 },
        ...(tooLarge.includes(one.configuration.workers) ? { overBudget } : {}),
      }))
      const compareWith = () => new Map()
      const confirmed = { measured, compareWith }
      const { recommendation } = advised(shown, { measured, compareWith, confirmed, policy })
      expect(recommendation.action).toBe('inconclusive')
      return recommendation.reasons[0]
    }
    expect(reason({ 5: 300 }, [5])).toBe(
      'Nothing that fits keeps the objective: 2N+1 (5 sync workers) does at 300 requests per second, and takes 320 MiB where 300 MiB may be used.',
    )
    expect(reason({ 8: 500 }, [8])).toContain('8 sync workers does at 500 requests per second')
    expect(reason({}, [5])).toContain('2N+1 (5 sync workers) missed it at 150 requests per second')
  })

  it('says of blocking work where more processes than are proposed would carry more', () => {
    const blocking = workload({ class: 'blocking-io', kneeConcurrency: 70 })
    const reasons = (knee: number) =>
      advised(
        { 5: { level: 0 }, 32: { level: 1.8 } },
        { workload: { ...blocking, kneeConcurrency: knee } },
      ).recommendation.reasons.join()
    expect(reasons(70)).toContain(
      'It takes 70 requests at a time to fill the cores (modelled), and these are 32',
    )
    expect(reasons(35)).not.toContain('at a time to fill')
  })

  it('does not leave what is as good already, in the sense of what was asked, for what costs more', () => {
    const { measured, compareWith } = measuredOf({ 5: { level: 0 }, 8: { level: 0.15 }, 2: { level: -0.6 } })
    const asked = (optimize: 'memory' | 'throughput') =>
      decide(measured, 'sync-5', compareWith, 0.03, policyFor({ ...PLAIN_QUESTION, optimize }))
    expect(asked('memory')).toMatchObject({ action: 'keep', chosen: { key: 'sync-5' } })
    expect(asked('throughput')).toMatchObject({ action: 'change', chosen: { key: 'sync-8' } })
  })

  it('keeps nothing because none of the others could be believed; that they fail is an answer', () => {
    const others = (invalid: string[]) => decided({ 5: { level: 0 }, 8: { level: null, invalid } })
    expect(others(['not-steady'])).toMatchObject({ action: 'inconclusive', because: 'undecided' })
    expect(others(['non-2xx'])).toMatchObject({ action: 'keep', because: 'control-is-best' })
  })

  it('does not take what is as fast for want of clients, and would not be with more', () => {
    const { measured, compareWith } = measuredOf({
      5: { level: 0 },
      2: { level: 0.002 },
      1: { level: 0.004 },
    })
    const fullRps: Record<string, number> = { 'sync-5': 2000, 'sync-2': 2000, 'sync-1': 1000 }
    const thirsty = measured.map((one) => ({
      ...one,
      reach: { atLoadRps: 700, fullRps: fullRps[one.key] ?? 0 },
    }))
    expect(decide(measured, 'sync-5', compareWith, 0.03, PLAIN).chosen.key).toBe('sync-1')
    expect(decide(thirsty, 'sync-5', compareWith, 0.03, PLAIN).chosen.key).toBe('sync-2')
    const { candidates } = advised({}, { measured: thirsty, compareWith, confirmed: null })
    expect(candidates.find(({ key }) => key === 'sync-1')?.note).toContain('with more clients')
  })

  it('never recommends what has no valid trial, nor what is shown to be slower than the control', () => {
    const shown = fc.record({
      level: fc.option(fc.double({ min: -2, max: 2, noNaN: true })),
      spread: fc.double({ min: 0.001, max: 0.3, noNaN: true }),
    })
    const field = fc.dictionary(fc.constantFrom('1', '2', '3', '8', '16'), shown, { minKeys: 1 })
    fc.assert(
      fc.property(field, shown, (others, rule) => {
        const { measured, compareWith } = measuredOf({ ...others, 5: rule })
        const { action, chosen } = decide(measured, 'sync-5', compareWith, 0.03, PLAIN)
        if (action === 'inconclusive') return
        expect(chosen.throughputRps).not.toBeNull()
        expect(compareWith('sync-5').get(chosen.key)?.verdict).not.toBe('worse')
        if (action === 'keep') expect(chosen.key).toBe('sync-5')
        else expect(chosen.key).not.toBe('sync-5')
      }),
    )
  })
})

describe('recommend', () => {
  it('tells the answer, the rule and what became of the others', () => {
    const { recommendation, heuristic, candidates } = advised({
      5: { level: 0 },
      2: { level: 0.002 },
      1: { level: -0.7, invalid: ['errors'] },
      9: { level: null, invalid: ['non-2xx'] },
    })
    expect(recommendation).toMatchObject({
      action: 'change',
      command: 'tune serve app.ts --worker-class sync --workers 2',
      connections: 32,
      confidence: 'high',
    })
    expect(recommendation.reasons[0]).toBe(
      '2 sync workers: no less throughput than 2N+1 (5 sync workers), +0.2 % (-0.2 % to +0.6 %), at a lower cost.',
    )
    expect(heuristic.explanation).toBe(
      '2N+1 = 5 assumes 1.5 ms of waiting per ms of CPU (1+1/N, N = 2); this app waits 0.04, so the cores are full with 2.1 requests under way: 2 sync workers.',
    )
    expect(heuristic).toMatchObject({ workers: 5, verdict: 'equivalent', configuration: workers(5) })
    expect(candidates.map(({ key, outcome, note }) => [key, outcome, note])).toEqual([
      ['sync-1', 'worse', '-50 % (-51 % to -50 %), -38 MiB, some trials invalid: errors'],
      ['sync-2', 'recommended', ''],
      ['sync-5', 'equivalent', '-0.2 %, within noise, +114 MiB'],
      ['sync-9', 'invalid', 'no valid trial: non-2xx'],
    ])
    expect(recommendationSchema.safeParse(recommendation).success).toBe(true)
    expect(heuristicSchema.safeParse(heuristic).success).toBe(true)
    for (const candidate of candidates) expect(candidateSchema.safeParse(candidate).success).toBe(true)
  })

  it('quotes the effect of the recommendation on the rule', () => {
    const { heuristic } = advised({ 5: { level: 0 }, 8: { level: Math.log(40) } })
    expect(heuristic.verdict).toBe('better')
    expect(heuristic.effect!.ratio).toBeCloseTo(40, 3)
  })

  it('keeps the rule with the A/A effect as what the rule differs from itself', () => {
    const effect = { ratio: 1.001, low: 0.99, high: 1.012, blocks: 6 }
    const { recommendation, heuristic } = advised({ 5: { level: 0 } }, { noise: { margin: 0.03, effect } })
    expect(recommendation.action).toBe('keep')
    expect(recommendation.reasons[0]).toBe(
      'Keep 2N+1 (5 sync workers): nothing measured is faster by more than the margin, or as fast and cheaper.',
    )
    expect(heuristic).toMatchObject({ verdict: 'equivalent', effect })
  })

  it.each([
    [0.03, 'keep'],
    [0.4, 'keep'],
    [0.97, 'inconclusive'],
    [1.6, 'inconclusive'],
    [2.5, 'change'],
    [73, 'change'],
  ])('after one block a ratio may be off by a factor of two: %d times is a %s', (ratio, action) => {
    const shown = { 5: { level: 0 }, 8: { level: Math.log(ratio) } }
    const { measured } = measuredOf(shown)
    const compareWith = (reference: string): ReadonlyMap<string, Compared> => {
      const [other, effect] = reference === 'sync-5' ? ['sync-8', ratio] : ['sync-5', 1 / ratio]
      const once = { ratio: effect, low: null, high: null, blocks: 1 }
      const open = { effect: once, verdict: 'inconclusive', pValue: null, blocksToDecide: null } as const
      return new Map([[other, judgeWithoutInterval(open, 0.03)]])
    }
    const once = measured.map((one) => ({ ...one, validTrials: 1 }))
    const { recommendation } = advised(shown, { measured: once, compareWith, confirmed: null })
    expect(recommendation).toMatchObject({ action, confidence: 'low' })
    expect(recommendation.reasons[0]?.includes('of 1 block, too few')).toBe(action === 'change')
    expect(recommendation.reasons.join(' ')).not.toContain('may be as good')
  })

  it('keeps with low confidence where something cheaper could not be told from it, and says so', () => {
    const { recommendation } = advised({ 5: { level: 0 }, 2: { level: -0.02, spread: 0.2 } })
    expect(recommendation).toMatchObject({ action: 'keep', confidence: 'low' })
    expect(recommendation.reasons[1]).toMatch(
      /^2 sync workers would be cheaper and may be as good, .* could not tell/,
    )
    const told = advised({ 5: { level: 0 }, 2: { level: -0.5, spread: 0.02 } })
    expect(told.recommendation.confidence).not.toBe('low')
  })

  it('stands in with one that serves where the rule is known to fail, unless something runs today', () => {
    const shown = { 5: { level: null, invalid: ['non-2xx'] }, 8: { level: 0 } }
    const { recommendation, heuristic } = advised(shown, { confirmed: null })
    expect(recommendation).toMatchObject({ action: 'inconclusive', configuration: workers(8) })
    expect(recommendation.expected.throughputRps?.value).toBe(100)
    expect(heuristic.verdict).toBe('inconclusive')
    const today = advised(shown, { confirmed: null, currentKey: 'sync-5' })
    expect(today.recommendation.configuration).toEqual(workers(5))
  })

  it('stands in with the cheapest of those that serve alike', () => {
    const shown = {
      5: { level: null, invalid: ['non-2xx'] },
      8: { level: 0 },
      2: { level: -0.005 },
      1: { level: -0.5 },
    }
    expect(advised(shown, { confirmed: null }).recommendation.configuration).toEqual(workers(2))
  })

  it('never sets the rule against itself beside another configuration', () => {
    const shown = { 5: { level: 0.06, spread: 0.2 }, 2: { level: 0 }, 1: { level: -1 } }
    const { recommendation, heuristic } = advised(shown, { currentKey: 'sync-2' })
    expect(recommendation).toMatchObject({ action: 'inconclusive', configuration: workers(2) })
    expect(heuristic.verdict).toBe('inconclusive')
    expect(heuristic.effect!.ratio).toBeCloseTo(Math.exp(-0.06), 6)
  })

  it('is sure of rates as far as both searches have two bounds', () => {
    const policy = policyFor({ ...PLAIN_QUESTION, slo: { percentile: 'p99', limitUs: 5e4 } })
    const shown = { 5: { level: 0 }, 8: { level: 0.7 } }
    const confidence = (high: number | null) => {
      const { measured, compareWith } = measuredOf(shown)
      const rated = measured.map((one) => ({
        ...one,
        throughputRps: one.throughputRps && { ...one.throughputRps, low: one.throughputRps.value, high },
      }))
      const confirmed = { measured: rated, compareWith }
      return advised(shown, { policy, confirmed, measured: rated }).recommendation.confidence
    }
    expect(confidence(300)).toBe('medium')
    expect(confidence(null)).toBe('low')
  })

  it('shows the open question, and how much would settle it, when it cannot decide', () => {
    const { recommendation, heuristic, candidates } = advised({
      5: { level: 0 },
      8: { level: 0.1, spread: 0.2 },
    })
    expect(recommendation).toMatchObject({
      action: 'inconclusive',
      confidence: 'low',
      configuration: workers(5),
    })
    expect(recommendation.reasons[0]).toMatch(
      /8 sync workers looked best, \+11 % .* About \d+ more blocks would decide\./,
    )
    expect(heuristic.verdict).toBe('inconclusive')
    expect(heuristic.effect!.ratio).toBeCloseTo(Math.exp(0.1), 6)
    expect(candidates.map(({ outcome }) => outcome)).not.toContain('recommended')
  })

  it('says what keeps it from answering when nothing could be measured', () => {
    const { recommendation, heuristic } = advised({ 5: { level: null, invalid: ['errors', 'errors'] } })
    expect(recommendation.reasons[0]).toBe(
      '2N+1 (5 sync workers) has no valid trial (errors), so there is nothing to compare with.',
    )
    expect(heuristic).toMatchObject({ verdict: 'inconclusive', effect: null })
  })

  describe('what was not measured to the end', () => {
    const once = (reference: string): ReadonlyMap<string, Compared> => {
      const ratios: Record<string, number> = { 'sync-5': 0, 'sync-9': -0.2, 'sync-1': -0.5 }
      const entries = Object.entries(ratios).filter(([key]) => key !== reference)
      return new Map(
        entries.map(([key, level]) => [
          key,
          {
            effect: { ratio: Math.exp(level - (ratios[reference] ?? 0)), low: null, high: null, blocks: 2 },
            ...{ verdict: 'inconclusive', blocksToDecide: null },
          },
        ]),
      )
    }
    const shown = { 5: { level: 0 }, 9: { level: -0.2 }, 1: { level: -0.5 } }
    const { measured } = measuredOf(shown)
    const become = (overrides: Partial<RecommendInput>) =>
      new Map(
        advised(shown, { compareWith: once, ...overrides }).candidates.map((one) => {
          expect(candidateSchema.safeParse(one).success).toBe(true)
          return [one.key, one] as const
        }),
      )

    it('was no finalist where others were confirmed, and had too few blocks where none were', () => {
      const finalists = measured.filter(({ key }) => key === 'sync-5')
      const confirmed = become({ confirmed: { measured: finalists, compareWith: once } })
      expect(confirmed.get('sync-9')).toMatchObject({
        ...{ outcome: 'inconclusive', undecided: 'not-a-finalist' },
        note: '-18 %, +153 MiB, 2 blocks of the race, and not among those that were confirmed',
      })
      expect(confirmed.get('sync-5')).not.toHaveProperty('undecided')
      expect(become({ confirmed: null }).get('sync-1')).toMatchObject({
        ...{ undecided: 'few-blocks', note: '-39 %, -153 MiB, 2 blocks, too few for an interval' },
      })
    })

    it('left the race early', () => {
      const left = (why: 'clearly-worse' | 'invalid') =>
        become({
          measured: measured.map((one) =>
            one.key === 'sync-1' ? { ...one, left: { blocks: 3, why } } : one,
          ),
          confirmed: null,
        }).get('sync-1')
      expect(left('clearly-worse')).toMatchObject({
        ...{ undecided: 'dropped-early', note: expect.stringContaining('after 3 blocks: clearly below') },
      })
      expect(left('invalid')).toMatchObject({ undecided: 'not-believed' })
    })

    it('is set against memory of the same phase, where more servers share the code', () => {
      const alone = measured
        .filter(({ key }) => key === 'sync-5')
        .map((one) => ({ ...one, pssBytes: 2 * (one.pssBytes ?? 0) }))
      const confirmed = become({ confirmed: { measured: alone, compareWith: once } })
      expect(confirmed.get('sync-9')?.note).toContain('+153 MiB')
    })
  })

  it('says of a cheaper one on one side of zero that noise may explain it', () => {
    const reasons = (floor: number | null) =>
      advised(
        { 5: { level: 0 }, 2: { level: -0.06, spread: 0.05 } },
        {
          noise: { margin: 0.25, effect: null, floor },
          compareWith: (reference) =>
            new Map([
              [
                reference === 'sync-5' ? 'sync-2' : 'sync-5',
                {
                  effect:
                    reference === 'sync-5'
                      ? { ratio: 0.94, low: 0.9, high: 0.985, blocks: 6 }
                      : { ratio: 1 / 0.94, low: 1 / 0.985, high: 1 / 0.9, blocks: 6 },
                  ...{ verdict: 'inconclusive', blocksToDecide: null },
                },
              ],
            ]),
          confirmed: null,
        },
      ).recommendation.reasons[1]
    expect(reasons(0.25)).toBe(
      '2 sync workers would be cheaper and may be as good, -6.0 % (-10 % to -1.5 %): that may be no more than one configuration differs from itself in this run (A/A, ±25 %).',
    )
    expect(reasons(null)).toContain('no more than the margin of 25 %')
  })

  it('lists what was never raced with the reason', () => {
    const excluded = [
      { key: 'sync-64', configuration: workers(64), proposedBy: ['runs today'], why: 'does not fit' },
    ]
    const { candidates } = advised({ 5: { level: 0 } }, { excluded })
    expect(candidates[1]).toMatchObject({ key: 'sync-64', outcome: 'excluded', note: 'does not fit' })
    expect(candidateSchema.safeParse(candidates[1]).success).toBe(true)
  })

  it('measures against the current configuration where there is one', () => {
    const { recommendation, heuristic } = advised(
      { 5: { level: 0 }, 8: { level: 0.5 } },
      { currentKey: 'sync-8' },
    )
    expect(recommendation.action).toBe('keep')
    expect(recommendation.reasons[0]).toContain('Keep the current configuration (8 sync workers)')
    expect(heuristic.verdict).toBe('better')
  })
})
