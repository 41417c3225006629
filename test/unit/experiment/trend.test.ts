import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/experiment/random.js'
import { surelyChanged, trendOf } from '../../../src/experiment/trend.js'
import { normal } from '../../helpers/fakes.js'

describe('trendOf', () => {
  it('reads a straight line exactly', () => {
    // From 90.5 to 109.5 at the middles of ten slices: 20 % of the mean over the window.
    const slices = Array.from({ length: 10 }, (_, index) => 91 + 2 * index)
    const trend = trendOf(slices)!
    expect(trend.change).toBeCloseTo(0.2)
    expect(surelyChanged(trend)).toBeCloseTo(0.2)
    expect(surelyChanged(trendOf(slices.toReversed())!)).toBeCloseTo(0.2)
  })

  it('covers the true change in 95 % of noisy windows', () => {
    const random = createRandom(3)
    let covered = 0
    for (let run = 0; run < 2000; run++) {
      const slices = Array.from({ length: 10 }, (_, index) => 95.5 + index + 8 * normal(random))
      const { low, high } = trendOf(slices)!
      if (low <= 0.1 && high >= 0.1) covered++
    }
    expect(covered / 2000).toBeGreaterThan(0.93)
    expect(covered / 2000).toBeLessThan(0.97)
  })

  it('has nothing to say about an empty window', () => {
    expect(trendOf([])).toBeNull()
    expect(trendOf(new Array<number>(10).fill(0))).toBeNull()
    expect(surelyChanged(trendOf([5, 5, 5, 5])!)).toBe(0)
  })
})
