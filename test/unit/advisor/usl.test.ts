import { describe, expect, it } from 'vitest'
import { fitUslWithIntervals } from '../../../src/advisor/usl.js'
import { createRandom } from '../../../src/experiment/random.js'
import { uslPeak, uslThroughput, type UslPoint } from '../../../src/result/usl.js'
import { CISCO } from '../../helpers/cisco.js'
import { normal } from '../../helpers/fakes.js'

const NS = [1, 2, 3, 4, 6, 8, 12, 16]

describe('fitUslWithIntervals', () => {
  const truth = { lambda: 1000, sigma: 0.08, kappa: 0.004 }
  const noisy = (seed: number): UslPoint[] => {
    const random = createRandom(seed)
    return [...NS, ...NS, ...NS].map((n) => ({
      n,
      throughputRps: uslThroughput(truth, n) * Math.exp(0.02 * normal(random)),
    }))
  }

  it('covers the truth in most of 60 simulated experiments', () => {
    const seeds = Array.from({ length: 60 }, (_, seed) => seed)
    const covered = { sigma: 0, kappa: 0, peak: 0 }
    for (const seed of seeds) {
      const fit = fitUslWithIntervals(noisy(seed), createRandom(seed))
      if (fit === null) throw new Error('no fit')
      if (fit.sigma.low <= truth.sigma && truth.sigma <= fit.sigma.high) covered.sigma++
      if (fit.kappa.low <= truth.kappa && truth.kappa <= fit.kappa.high) covered.kappa++
      const peak = uslPeak(truth) ?? 0
      if (fit.peak && fit.peak.low <= peak && peak <= (fit.peak.high ?? Infinity)) covered.peak++
    }
    // 57 of 60 are 95 %; 51 or fewer would happen to a true 95 % interval once in 300 times.
    expect(covered.sigma).toBeGreaterThan(51)
    expect(covered.kappa).toBeGreaterThan(51)
    expect(covered.peak).toBeGreaterThan(51)
  })

  it('holds its own values, and knows what was measured', () => {
    const fit = fitUslWithIntervals(noisy(7), createRandom(7))
    for (const { value, low, high } of [fit!.lambda, fit!.sigma, fit!.kappa]) {
      expect(low).toBeLessThanOrEqual(value)
      expect(high).toBeGreaterThanOrEqual(value)
    }
    expect(fit).toMatchObject({ from: 1, to: 16, wellSupported: true, peakMeasured: true })
  })

  it('does not fit what it could only draw through', () => {
    const points = [1, 2, 4, 1, 2, 4].map((n) => ({ n, throughputRps: 100 * n }))
    expect(fitUslWithIntervals(points, createRandom(1))).toBeNull()
  })

  it('says when the peak lies beyond what was measured, and when points are few', () => {
    const short = fitUslWithIntervals(
      CISCO.filter(({ n }) => n <= 5),
      createRandom(1),
    )
    expect(short?.peakMeasured).toBe(false)
    expect(short?.wellSupported).toBe(false)
    const linear = NS.map((n) => ({ n, throughputRps: (100 * n) / (1 + 0.1 * (n - 1)) }))
    expect(fitUslWithIntervals(linear, createRandom(1))?.peakMeasured).toBe(false)
  })

  it('is the same for the same seed', () => {
    expect(fitUslWithIntervals(noisy(3), createRandom(5))).toEqual(
      fitUslWithIntervals(noisy(3), createRandom(5)),
    )
  })
})
