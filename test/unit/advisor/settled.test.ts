import { describe, expect, it, vi } from 'vitest'
import {
  decide,
  isSettled,
  type CompareWith,
  type Decision,
  type Measured,
} from '../../../src/advisor/decide.js'
import { policyFor } from '../../../src/advisor/policy.js'
import { compareFamily } from '../../../src/experiment/compare.js'
import { assessNoise } from '../../../src/experiment/noise.js'
import { createRandom } from '../../../src/experiment/random.js'
import { PLAIN_QUESTION } from '../../../src/result/question.js'
import { normal } from '../../helpers/fakes.js'

// Tens of thousands of decisions: seconds of computing, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const PLAIN = policyFor(PLAIN_QUESTION)
const RULE = 5
const [LEAST_BLOCKS, MOST_BLOCKS] = [6, 16]
const CONFIRMATIONS = 1000

/** Pairs ln(one / rule) by number of workers; the rule has five. */
const field = (pairsByWorkers: Record<number, readonly number[]>) => {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const pairs = new Map(Object.entries(pairsByWorkers))
  const measured = [RULE, ...pairs.keys()].map((workers): Measured => ({
    key: String(workers),
    configuration: {
      workerClass: 'async',
      workers: Number(workers),
      threads: 1,
      workerConnections: 1000,
    },
    ...{ proposedBy: ['test'], connections: 32, control: workers === RULE },
    throughputRps: {
      value: 100 * Math.exp(workers === RULE ? 0 : mean(pairs.get(String(workers)) ?? [])),
      ...{ low: null, high: null },
    },
    latencyUs: { p50: 1000, p95: 2000, p99: 3000 },
    ...{ pssBytes: null, validTrials: 6, invalidReasons: [] },
  }))
  const compareAt =
    (margin: number): CompareWith =>
    (reference) => {
      const base = pairs.get(reference)
      const others = measured.filter(({ key }) => key !== reference)
      return compareFamily(
        new Map(
          others.map(({ key }) => {
            const own = pairs.get(key) ?? (base ?? []).map(() => 0)
            return [key, own.map((value, block) => value - (base?.[block] ?? 0))]
          }),
        ),
        margin,
      )
    }
  return { measured, compareAt }
}

function judge(pairsByWorkers: Record<number, readonly number[]>, margin = 0.03) {
  const { measured, compareAt } = field(pairsByWorkers)
  const compareWith = compareAt(margin)
  const decision = decide(measured, String(RULE), compareWith, margin, PLAIN)
  return { decision, settled: isSettled(decision, measured, compareWith, PLAIN) }
}

/** Six blocks around a level. */
const around = (level: number, spread: number): number[] =>
  [-1, 1, -0.5, 0.5, -0.8, 0.8].map((step) => level + step * spread)

describe('isSettled', () => {
  it('is, once the cheaper one is shown to be as good', () => {
    const { decision, settled } = judge({ 2: around(0, 0.01) })
    expect([decision.action, decision.because, settled]).toEqual(['change', 'as-fast-and-cheaper', true])
  })

  it('is not, while the cheaper one may be as good', () => {
    const { decision, settled } = judge({ 2: around(-0.025, 0.02) })
    expect([decision.action, settled]).toEqual(['keep', false])
  })

  it('is, once the cheaper one is surely not', () => {
    const { decision, settled } = judge({ 2: around(-0.1, 0.02) })
    expect([decision.action, settled]).toEqual(['keep', true])
  })

  it('is not, while there is no decision', () => {
    const { decision, settled } = judge({ 8: around(0.05, 0.06) })
    expect([decision.because, settled]).toEqual(['undecided', false])
  })

  it('is not, while something cheaper than the faster one may be as good as it', () => {
    const better = judge({ 9: around(0.3, 0.01), 8: around(0.28, 0.05) })
    expect([better.decision.chosen.key, better.settled]).toEqual(['9', false])
    const apart = judge({ 9: around(0.3, 0.01), 8: around(0.1, 0.02) })
    expect([apart.decision.chosen.key, apart.settled]).toEqual(['9', true])
  })

  it('is, where measuring for longer cannot help', () => {
    const { measured, compareAt } = field({ 2: around(0, 0.01) })
    const limited = measured.map((one) =>
      one.key === '2' ? { ...one, throughputRps: null, invalidReasons: ['generator-saturated'] } : one,
    )
    const decision = decide(limited, String(RULE), compareAt(0.03), 0.03, PLAIN)
    expect(decision.because).toBe('generator-limited')
    expect(isSettled(decision, limited, compareAt(0.03), PLAIN)).toBe(true)
  })
})

describe('what counts as good', () => {
  it('is not below by 2 % in its estimate, whatever margin a noisy machine has', () => {
    expect(judge({ 2: around(-0.025, 0.03) }, 0.1).decision.action).toBe('keep')
    expect(judge({ 2: around(-0.015, 0.03) }, 0.1).decision.action).toBe('change')
  })

  it('is shown not to be below by 3 %, whatever its estimate', () => {
    expect(judge({ 2: around(-0.024, 0.003) }).decision.because).toBe('as-fast-and-cheaper')
    expect(judge({ 2: around(-0.032, 0.003) }).decision.action).toBe('keep')
  })
})

/** One confirmation: the rule twice and a candidate in every block, until it is settled. */
function confirmation(truth: number, scatter: number, workers: number, seed: number): Decision {
  const random = createRandom(seed)
  const trial = (level: number) => level + (scatter / Math.SQRT2) * normal(random)
  const [pairs, aa]: [number[], number[]] = [[], []]
  for (;;) {
    const [rule, twin] = [trial(0), trial(0)]
    pairs.push(trial(truth) - (rule + twin) / 2)
    aa.push(twin - rule)
    if (pairs.length < LEAST_BLOCKS) continue
    const { decision, settled } = judge({ [workers]: pairs }, assessNoise(aa).margin)
    if (settled || pairs.length === MOST_BLOCKS) return decision
  }
}

function shareOf(action: Decision['action'], truth: number, scatter: number, workers: number): number {
  let count = 0
  for (let seed = 1; seed <= CONFIRMATIONS; seed++) {
    if (confirmation(truth, scatter, workers, seed).action === action) count++
  }
  return count / CONFIRMATIONS
}

describe(`${CONFIRMATIONS} confirmations with known truth, looked at after every block from the sixth on`, () => {
  it.each([
    ['just the margin below, calm', -0.03, 0.01, 0.05],
    ['just the margin below, usual', -0.03, 0.02, 0.1],
    ['5 % below, usual', -0.05, 0.02, 0.005],
    ['5 % below, noisy', -0.05, 0.04, 0.03],
    ['8 % below, noisy', -0.08, 0.04, 0.005],
  ])('rarely take a cheaper one that is worse: %s', (_, truth, scatter, most) => {
    expect(shareOf('change', truth, scatter, 2)).toBeLessThanOrEqual(most)
  })

  it('take a cheaper one that is equal, nearly always', () => {
    expect(shareOf('change', 0, 0.02, 2)).toBeGreaterThanOrEqual(0.98)
    expect(shareOf('change', 0, 0.04, 2)).toBeGreaterThanOrEqual(0.9)
  })

  it('never take a dearer one that is no better', () => {
    expect(shareOf('change', 0, 0.04, 9)).toBeLessThanOrEqual(0.005)
  })
})
