import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holm } from '../../../src/experiment/holm.js'
import { createRandom } from '../../../src/experiment/random.js'
import { signFlipTest } from '../../../src/experiment/sign-flip.js'
import {
  blocksNeeded,
  estimateOver,
  meanInterval,
  minimumDetectableEffect,
  pBelow,
  pDifferent,
} from '../../../src/experiment/statistics.js'
import { tCdf, tQuantile } from '../../../src/experiment/student-t.js'
import { normal } from '../../helpers/fakes.js'

const small = fc.double({ min: -1, max: 1, noNaN: true })

describe('Student t', () => {
  // Printed tables, e.g. Abramowitz & Stegun table 26.10.
  it.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 5, 2.571],
    [0.975, 7, 2.365],
    [0.975, 10, 2.228],
    [0.975, 30, 2.042],
    [0.975, 120, 1.98],
    [0.995, 4, 4.604],
    [0.9995, 9, 4.781],
    [0.8, 5, 0.92],
    [0.8, 1, 1.376],
  ])('the %d quantile with %d degrees of freedom is %d', (p, degrees, expected) => {
    expect(tQuantile(p, degrees)).toBeCloseTo(expected, 3)
  })

  it('the quantile inverts the distribution function, which is symmetric', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        (p, df) => {
          expect(tCdf(tQuantile(p, df), df)).toBeCloseTo(p, 9)
          expect(tQuantile(1 - p, df)).toBeCloseTo(-tQuantile(p, df), 6)
        },
      ),
    )
  })
})

describe('meanInterval', () => {
  it('is the textbook interval', () => {
    const { mean, low, high } = meanInterval([1, 2, 3, 4, 5, 6])
    expect(mean).toBe(3.5)
    // s = 1.8708, t(0.975, 5) = 2.5706, half-width 1.9634
    expect(low).toBeCloseTo(1.5366, 3)
    expect(high).toBeCloseTo(5.4634, 3)
  })

  it('does not depend on order, moves with a shift and is absent below three values', () => {
    fc.assert(
      fc.property(fc.array(small, { minLength: 3, maxLength: 12 }), small, (values, shift) => {
        const interval = meanInterval(values)
        expect(meanInterval(values.toReversed()).high).toBeCloseTo(interval.high!, 9)
        expect(meanInterval(values.map((value) => value + shift)).low).toBeCloseTo(interval.low! + shift, 9)
        expect(interval.low).toBeLessThanOrEqual(interval.mean)
      }),
    )
    expect(meanInterval([1, 2])).toMatchObject({ low: null, high: null, count: 2 })
  })

  it('covers the truth in 95 % of runs, also with three blocks', () => {
    for (const blocks of [3, 6, 10]) {
      const random = createRandom(blocks)
      let covered = 0
      for (let run = 0; run < 2000; run++) {
        const { low, high } = meanInterval(Array.from({ length: blocks }, () => 0.1 + normal(random)))
        if (low! <= 0.1 && high! >= 0.1) covered++
      }
      expect(covered / 2000).toBeGreaterThan(0.935)
      expect(covered / 2000).toBeLessThan(0.965)
    }
  })

  it('an estimate is never negative', () => {
    expect(estimateOver([0.1, 0.1, 5])!.low).toBe(0)
    expect(estimateOver([])).toBeNull()
  })
})

describe('sign-flip test', () => {
  it('has the smallest p that so many blocks allow: 2 / 2^B', () => {
    for (let blocks = 1; blocks <= 12; blocks++) {
      const differences = Array.from({ length: blocks }, (_, index) => 0.05 + index / 1000)
      expect(signFlipTest(differences)).toBeCloseTo(2 / 2 ** blocks, 12)
    }
  })

  it('counts by hand: 3, 2, -1 leaves four of eight patterns at least as far out', () => {
    // |sums|: 6, 4, 2, 0 and their mirror images; observed 4.
    expect(signFlipTest([3, 2, -1])).toBe(4 / 8)
  })

  it('does not depend on order, sign or scale', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 9 }), (values) => {
        const p = signFlipTest(values)
        expect(signFlipTest(values.toReversed())).toBe(p)
        expect(signFlipTest(values.map((value) => -value))).toBe(p)
        expect(signFlipTest(values.map((value) => value / 7))).toBe(p)
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('beyond exact enumeration it still tells nothing from something', () => {
    const random = createRandom(5)
    expect(signFlipTest(Array.from({ length: 30 }, () => 1 + normal(random)))).toBeLessThan(0.001)
    expect(signFlipTest(Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 1 : -1)))).toBe(1)
  })
})

describe('Holm', () => {
  it('adjusts step by step and keeps the order', () => {
    expect(holm([0.01, 0.04, 0.03]).map((p) => Number(p.toFixed(4)))).toEqual([0.03, 0.06, 0.06])
    expect(holm([])).toEqual([])
  })

  it('never makes p smaller, and never larger than Bonferroni', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(p, { minLength: 1, maxLength: 8 }), (values) => {
        holm(values).forEach((adjusted, index) => {
          expect(adjusted).toBeGreaterThanOrEqual(values[index]!)
          expect(adjusted).toBeLessThanOrEqual(Math.min(1, values[index]! * values.length) + 1e-12)
        })
      }),
    )
  })
})

describe('planning', () => {
  it('t tests agree with the interval: p below 0.05 exactly when zero lies outside', () => {
    fc.assert(
      fc.property(fc.array(small, { minLength: 3, maxLength: 10 }), (values) => {
        const { low, high, standardDeviation } = meanInterval(values)
        fc.pre(standardDeviation! > 1e-6 && Math.min(Math.abs(low!), Math.abs(high!)) > 1e-9)
        expect(pDifferent(values) < 0.05).toBe(low! > 0 || high! < 0)
        expect(
          pBelow(values, 0) +
            pBelow(
              values.map((value) => -value),
              0,
            ),
        ).toBeCloseTo(1, 9)
      }),
    )
  })

  it('the detectable effect is found in about 80 % of runs, and the blocks needed fit it', () => {
    const [spread, blocks] = [0.02, 8]
    const effect = Math.log1p(minimumDetectableEffect(spread, blocks)!)
    const random = createRandom(11)
    let found = 0
    for (let run = 0; run < 2000; run++) {
      const values = Array.from({ length: blocks }, () => effect + spread * normal(random))
      if (meanInterval(values).low! > 0) found++
    }
    expect(found / 2000).toBeGreaterThan(0.77)
    expect(found / 2000).toBeLessThan(0.84)
    expect(blocksNeeded(spread, effect * 1.0001)).toBe(blocks)
    expect(blocksNeeded(1, 0.001)).toBeNull()
    expect(minimumDetectableEffect(spread, 2)).toBeNull()
  })
})
