import { describe, expect, it } from 'vitest'
import { parseBudget } from '../../../src/config/budget.js'
import { decideTogether, pKeptOf, type DecidedAlone } from '../../../src/experiment/budget-family.js'
import { createRandom } from '../../../src/experiment/random.js'
import { meanInterval, pBelow } from '../../../src/experiment/statistics.js'
import type { BudgetOutcome } from '../../../src/result/budget.js'
import { normal } from '../../helpers/fakes.js'

const budget = parseBudget('rps vs baseline >= -5%')
const LIMIT = Math.log(0.95)

const alone = (outcome: BudgetOutcome['outcome'], pKept: number | null): DecidedAlone => ({
  outcome: { ...budget, subject: 'here', observed: -0.1, low: -0.12, high: -0.08, outcome },
  pKept,
})
const outcomes = (decided: DecidedAlone[]) => decideTogether(decided).map(({ outcome }) => outcome)

describe('decideTogether', () => {
  it('leaves one budget as its interval says', () => {
    expect(outcomes([alone('fail', 0.0249)])).toEqual(['fail'])
    expect(outcomes([alone('pass', 0.99)])).toEqual(['pass'])
    expect(outcomes([alone('fail', null), alone('inconclusive', 0.3)])).toEqual(['fail', 'inconclusive'])
  })

  it("steps down as Holm's procedure does: 0.025 / 3, then / 2, then / 1", () => {
    expect(outcomes([alone('fail', 0.008), alone('fail', 0.012), alone('fail', 0.024)])).toEqual([
      'fail',
      'fail',
      'fail',
    ])
    expect(outcomes([alone('fail', 0.009), alone('fail', 0.012), alone('fail', 0.024)])).toEqual([
      'inconclusive',
      'inconclusive',
      'inconclusive',
    ])
    expect(outcomes([alone('pass', 0.999), alone('fail', 0.008), alone('fail', 0.013)])).toEqual([
      'pass',
      'fail',
      'inconclusive',
    ])
  })

  it('counts only budgets on changes, and says over how many it adjusted', () => {
    const decided = decideTogether([alone('fail', 0.02), alone('pass', 0.9), alone('fail', null)])
    expect(decided.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'pass', 'fail'])
    expect(decided[0]?.note).toContain('of 2 budgets')
    expect(decided[2]?.note).toBeUndefined()
  })

  it('keeps the chance of any false alarm of five budgets at 1 in 40, where their intervals alone give 1 in 9', () => {
    const random = createRandom(7)
    const runs = 3000
    let [unadjusted, adjusted] = [0, 0]
    for (let run = 0; run < runs; run++) {
      const decided = Array.from({ length: 5 }, () => {
        // The truth lies exactly on the limit, which is kept.
        const ratios = Array.from({ length: 8 }, () => LIMIT + 0.02 * normal(random))
        const broken = (meanInterval(ratios).high ?? 0) < LIMIT
        return alone(
          broken ? 'fail' : 'inconclusive',
          pKeptOf(budget, (bound) => pBelow(ratios, bound)),
        )
      })
      if (decided.some(({ outcome }) => outcome.outcome === 'fail')) unadjusted++
      if (outcomes(decided).includes('fail')) adjusted++
    }
    expect(unadjusted / runs).toBeGreaterThan(0.09)
    expect(adjusted / runs).toBeLessThan(0.035)
    expect(adjusted / runs).toBeGreaterThan(0.015)
  })
})

describe('pKeptOf', () => {
  const asked = (text: string): [number, boolean] => {
    let seen: [number, boolean] = [NaN, false]
    pKeptOf(parseBudget(text), (bound, mirrored) => {
      seen = [bound, mirrored]
      return 0.5
    })
    return seen
  }

  it('tests the side on which the limit is broken', () => {
    expect(asked('rps vs baseline >= -5%')).toEqual([Math.log1p(-0.05), false])
    expect(asked('rps vs baseline > -100%')).toEqual([-Infinity, false])
    expect(asked('latency.p99 vs baseline <= 10%')).toEqual([-Math.log1p(0.1), true])
  })
})
