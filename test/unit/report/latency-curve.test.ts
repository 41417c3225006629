import { describe, expect, it } from 'vitest'
import { latencyCurve, toNines } from '../../../src/report/latency-curve.js'
import { histogramOf } from '../../helpers/histograms.js'

describe('latencyCurve', () => {
  it('rises, and ends at the quantile that the sample can carry', () => {
    const curve = latencyCurve([histogramOf(20_000, 2995)])
    const last = curve.at(-1)!
    // 2,995 requests are what p99.9 needs.
    expect(last.quantile).toBeCloseTo(0.999, 5)
    expect(1 - last.quantile ** 2995).toBeCloseTo(0.95, 6)
    for (const [index, { us, quantile }] of curve.entries()) {
      expect(us).toBeGreaterThanOrEqual(curve[index - 1]?.us ?? 0)
      expect(quantile).toBeGreaterThanOrEqual(curve[index - 1]?.quantile ?? 0)
    }
    const median = curve.find(({ quantile }) => quantile >= 0.5)!
    expect(median.us / 20_000).toBeGreaterThan(0.95)
    expect(median.us / 20_000).toBeLessThan(1.05)
  })

  it('adds the requests of several trials up', () => {
    const one = latencyCurve([histogramOf(1000, 300)]).at(-1)!.quantile
    const ten = latencyCurve(Array.from({ length: 10 }, () => histogramOf(1000, 300))).at(-1)!.quantile
    expect(toNines(ten)).toBeCloseTo(toNines(one) + 1, 1)
  })

  it('leaves out what is no histogram, and is empty without any', () => {
    expect(latencyCurve(['no histogram', ''])).toEqual([])
    expect(latencyCurve(['no histogram', histogramOf(500, 100)])).toEqual(
      latencyCurve([histogramOf(500, 100)]),
    )
  })
})
