import { describe, expect, it } from 'vitest'
import { scalingSeries } from '../../../src/report/scaling.js'
import { fitUsl, uslThroughput } from '../../../src/report/usl.js'
import { benchDocument, ioDocument } from '../../helpers/documents.js'

const COUNTS = [1, 2, 3, 4, 6, 8, 12]
const points = (of: (count: number) => number) => COUNTS.map((count) => ({ count, throughput: of(count) }))

describe('fitUsl', () => {
  it.each([
    { lambda: 1000, sigma: 0.05, kappa: 0.002 },
    { lambda: 1000, sigma: 0, kappa: 0 },
    { lambda: 20, sigma: 0.9, kappa: 0 },
    { lambda: 995.65, sigma: 0.02671, kappa: 0.000769 },
  ])('finds the law that made the points: %j', (truth) => {
    const fit = fitUsl(points((count) => uslThroughput(truth, count)))
    expect(fit?.lambda).toBeCloseTo(truth.lambda, 3)
    expect(fit?.sigma).toBeCloseTo(truth.sigma, 6)
    expect(fit?.kappa).toBeCloseTo(truth.kappa, 6)
  })

  it('bears noise of some per cent', () => {
    const noise = [0.99, 1.02, 0.98, 1.01, 1.0, 0.99, 1.01]
    const truth = { lambda: 500, sigma: 0.1, kappa: 0.004 }
    const fit = fitUsl(points((count) => uslThroughput(truth, count) * noise[COUNTS.indexOf(count)]!))
    for (const count of COUNTS) {
      expect(Math.abs(uslThroughput(fit!, count) / uslThroughput(truth, count) - 1)).toBeLessThan(0.04)
    }
  })

  it('says nothing with too few points, or where the law does not hold', () => {
    expect(fitUsl(points((count) => 100 * count).slice(0, 3))).toBeNull()
    expect(fitUsl([])).toBeNull()
    expect(fitUsl(points((count) => count ** 2))).toBeNull()
    expect(fitUsl(points((count) => (count === 4 ? 50 : 1000)))).toBeNull()
  })
})

describe('scalingSeries', () => {
  it('holds what differs in workers alone, and needs three of them', () => {
    for (const document of [ioDocument(), benchDocument()]) {
      for (const { points: own } of scalingSeries(document)) {
        const counts = own.map(({ workers }) => workers)
        expect(counts.length).toBeGreaterThanOrEqual(3)
        expect(counts).toEqual(counts.toSorted((a, b) => a - b))
      }
    }
    expect(scalingSeries(ioDocument()).length).toBeGreaterThan(0)
    expect(scalingSeries(benchDocument())).toEqual([])
  })
})
