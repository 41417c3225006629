import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fitUsl,
  fitUslWithIntervals,
  uslPeak,
  uslThroughput,
  type UslPoint,
} from '../../../src/advisor/usl.js'
import { createRandom } from '../../../src/experiment/random.js'
import { normal } from '../../helpers/fakes.js'

const NS = [1, 2, 3, 4, 6, 8, 12, 16]

/** Gunther's measurements of a Cisco router, as published with his book. */
const CISCO = [
  955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.8, 7867.61, 8278.71, 8646.7,
  9047.84, 9426.55, 9645.37, 9897.24, 10097.6, 10240.5, 10532.39, 10798.52, 11151.43, 11518.63, 11806,
  12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.4, 12074.39,
].map((throughputRps, index) => ({ n: index + 1, throughputRps }))

describe('fitUsl', () => {
  it('finds the parameters that made the data', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 10, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.05, noNaN: true }),
        (lambda, sigma, kappa) => {
          const truth = { lambda, sigma, kappa }
          const fit = fitUsl(NS.map((n) => ({ n, throughputRps: uslThroughput(truth, n) })))
          expect(fit?.lambda).toBeCloseTo(lambda, Math.max(0, 6 - Math.ceil(Math.log10(lambda))))
          expect(fit?.sigma).toBeCloseTo(sigma, 5)
          expect(fit?.kappa).toBeCloseTo(kappa, 6)
        },
      ),
    )
  })

  it('never has a negative parameter, and no other choice of parameters near by fits better', () => {
    const error = fc.double({ min: 0.7, max: 1.4, noNaN: true })
    const costOf = (points: UslPoint[], model: Parameters<typeof uslThroughput>[0]): number =>
      points.reduce(
        (sum, { n, throughputRps }) => sum + Math.log(throughputRps / uslThroughput(model, n)) ** 2,
        0,
      )
    fc.assert(
      fc.property(fc.array(error, { minLength: NS.length, maxLength: NS.length }), (errors) => {
        const law = { lambda: 100, sigma: 0.02, kappa: 0.001 }
        const points = NS.map((n, index) => ({
          n,
          throughputRps: uslThroughput(law, n) * (errors[index] ?? 1),
        }))
        const fit = fitUsl(points)
        if (fit === null) throw new Error('no fit')
        expect(Math.min(fit.lambda, fit.sigma, fit.kappa)).toBeGreaterThanOrEqual(0)
        const cost = costOf(points, fit)
        for (const scale of [0.99, 1.01]) {
          for (const name of ['lambda', 'sigma', 'kappa'] as const) {
            const other = { ...fit, [name]: fit[name] === 0 ? (scale - 0.99) / 100 : fit[name] * scale }
            expect(costOf(points, other)).toBeGreaterThanOrEqual(cost * (1 - 1e-6) - 1e-9)
          }
        }
      }),
    )
  })

  it('gives the figures of the book where errors are weighted as there', () => {
    // The book minimises absolute errors: as the variance of ln X, that weighs each point by X^2.
    const fit = fitUsl(CISCO.map((point) => ({ ...point, weight: point.throughputRps ** 2 })))
    expect(fit?.lambda).toBeCloseTo(995.6486, -1)
    expect(fit?.sigma).toBeCloseTo(0.02671591, 3)
    expect(fit?.kappa).toBeCloseTo(7.690945e-4, 5)
    expect(uslPeak(fit!)).toBeCloseTo(35.5, 0)
  })

  it('reads perfect scaling and Amdahl as such', () => {
    const linear = fitUsl(NS.map((n) => ({ n, throughputRps: 100 * n })))
    expect(linear).toMatchObject({ sigma: expect.closeTo(0, 9), kappa: expect.closeTo(0, 9) })
    const amdahl = fitUsl(NS.map((n) => ({ n, throughputRps: (100 * n) / (1 + 0.3 * (n - 1)) })))
    expect(amdahl?.sigma).toBeCloseTo(0.3, 6)
    expect(amdahl?.kappa).toBeCloseTo(0, 9)
  })

  it('does not fit what it could only draw through', () => {
    const points = [1, 2, 4, 1, 2, 4].map((n) => ({ n, throughputRps: 100 * n }))
    expect(fitUsl(points)).toBeNull()
    expect(fitUslWithIntervals(points, createRandom(1))).toBeNull()
  })
})

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
      const fit = fitUslWithIntervals(noisy(seed), createRandom(seed), 120)
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

  it('predicts at measured points only, a trial less surely than the mean', () => {
    const fit = fitUslWithIntervals(noisy(7), createRandom(7))
    expect(fit?.curve.map(({ n }) => n)).toEqual(NS)
    for (const { mean, trial } of fit?.curve ?? []) {
      expect(trial.high - trial.low).toBeGreaterThan(mean.high - mean.low)
      expect(mean.low).toBeLessThanOrEqual(mean.value)
      expect(mean.value).toBeLessThanOrEqual(mean.high)
    }
    expect(fit).toMatchObject({ from: 1, to: 16, wellSupported: true, peakMeasured: true })
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
