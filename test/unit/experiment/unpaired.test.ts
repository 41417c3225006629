import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/experiment/random.js'
import { judgeRatio, pUnpairedBelow, unpairedEffect } from '../../../src/experiment/unpaired.js'
import { normal } from '../../helpers/fakes.js'

describe('unpairedEffect', () => {
  it('is Welch on logarithms: a worked case', () => {
    // ln: 0, 1, 2 and 1, 3, 5; difference 2, variances 1/3 and 4/3, 2.94 degrees rounded down to 2, t = 4.302653.
    const base = [0, 1, 2].map(Math.exp)
    const head = [1, 3, 5].map(Math.exp)
    const { ratio, low, high, blocks } = unpairedEffect(base, head)!
    const half = 4.302653 * Math.sqrt(1 / 3 + 4 / 3)
    expect(Math.log(ratio)).toBeCloseTo(2, 9)
    expect(Math.log(low!)).toBeCloseTo(2 - half, 5)
    expect(Math.log(high!)).toBeCloseTo(2 + half, 5)
    expect(blocks).toBe(3)
  })

  it('has a p of 1 in 40 exactly at the bounds of its interval', () => {
    const [base, head] = [
      [100, 104, 98, 101],
      [88, 90, 93, 86, 91],
    ]
    const { low, high } = unpairedEffect(base, head)!
    expect(pUnpairedBelow(base, head, Math.log(high!))).toBeCloseTo(0.025, 6)
    expect(pUnpairedBelow(base, head, Math.log(low!))).toBeCloseTo(0.975, 6)
    expect(pUnpairedBelow(base, [90], 0)).toBeNull()
    expect(pUnpairedBelow([5, 5, 5], [4, 4, 4], Math.log(0.9))).toBe(0)
    expect(pUnpairedBelow([5, 5, 5], [5, 5, 5], Math.log(0.9))).toBe(1)
  })

  it('contains the true ratio in about 95 of 100 cases', () => {
    const random = createRandom(11)
    const sample = (center: number, spread: number, size: number): number[] =>
      Array.from({ length: size }, () => center * Math.exp(spread * normal(random)))
    const runs = 2000
    let covered = 0
    for (let run = 0; run < runs; run++) {
      const { low, high } = unpairedEffect(sample(1000, 0.02, 5), sample(900, 0.06, 8))!
      if (low! <= 0.9 && high! >= 0.9) covered++
    }
    expect(covered / runs).toBeGreaterThan(0.935)
    expect(covered / runs).toBeLessThan(0.975)
  })

  it('has no interval with two values on a side, and no effect with none', () => {
    expect(unpairedEffect([1, 2], [1, 2, 3])).toMatchObject({ low: null, high: null, blocks: 2 })
    expect(unpairedEffect([], [1, 2, 3])).toBeNull()
    expect(unpairedEffect([0, 0], [1])).toBeNull()
  })
})

describe('judgeRatio', () => {
  it.each([
    [1.06, 1.2, 'more', 'better'],
    [1.06, 1.2, 'less', 'worse'],
    [0.8, 0.9, 'more', 'worse'],
    [0.8, 0.9, 'less', 'better'],
    [0.97, 1.03, 'more', 'equivalent'],
    [0.9, 1.02, 'more', 'inconclusive'],
    [1.01, 1.2, 'less', 'inconclusive'],
    [null, null, 'more', 'inconclusive'],
  ] as const)('%s to %s, %s is good: %s', (low, high, favourable, verdict) => {
    expect(judgeRatio({ low, high }, 0.05, favourable)).toBe(verdict)
  })
})
