import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitUsl, uslPeak, uslThroughput, type UslPoint } from '../../../src/result/usl.js'
import { CISCO } from '../../helpers/cisco.js'

const NS = [1, 2, 3, 4, 6, 8, 12, 16]

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
  })
})
