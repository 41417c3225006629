import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planBlock, twinLabel } from '../../../src/experiment/plan.js'
import { createRandom, shuffled } from '../../../src/experiment/random.js'

describe('createRandom', () => {
  it('repeats a stream for the same seed and gives another for its neighbour', () => {
    const stream = (seed: number) => Array.from({ length: 20 }, createRandom(seed))
    expect(stream(7)).toEqual(stream(7))
    expect(stream(7)).not.toEqual(stream(8))
  })

  it('is uniform: every tenth gets its share, and neighbours are uncorrelated', () => {
    const random = createRandom(42)
    const values = Array.from({ length: 100_000 }, random)
    const bins = new Array<number>(10).fill(0)
    for (const value of values) bins[Math.floor(value * 10)]! += 1
    // Chi-square with 9 degrees of freedom stays below 27.9 with 99.9 %.
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(27.9)
    const correlation =
      values.slice(1).reduce((sum, value, index) => sum + (value - 0.5) * (values[index]! - 0.5), 0) /
      (values.length / 12)
    expect(Math.abs(correlation)).toBeLessThan(0.015)
  })
})

describe('shuffled', () => {
  it('gives each order of three about equally often', () => {
    const random = createRandom(3)
    const seen = new Map<string, number>()
    for (let draw = 0; draw < 6000; draw++) {
      const order = shuffled(['a', 'b', 'c'], random).join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})

describe('planBlock', () => {
  it('has every label exactly once, and the A/A twin beside its original', () => {
    const labels = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(labels, fc.nat(), (names, seed) => {
        const random = createRandom(seed)
        expect(planBlock(names, random).toSorted()).toEqual(names.toSorted())
        const withTwin = planBlock(names, random, names[0])
        expect(withTwin.toSorted()).toEqual([...names, twinLabel(names[0]!)].toSorted())
      }),
    )
  })
})
