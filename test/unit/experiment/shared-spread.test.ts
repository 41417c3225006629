import { describe, expect, it, vi } from 'vitest'
import { createRandom, type Random } from '../../../src/experiment/random.js'
import { intervalBySpread, pBelowBySpread, sharedSpread } from '../../../src/experiment/shared-spread.js'
import { normal } from '../../helpers/fakes.js'

vi.setConfig({ testTimeout: 60_000 })

/** ln(contender / reference) of five contenders in three blocks; the first is truly 5 % above. */
const TRUTH = 0.05
function pairsOf(noises: readonly number[], random: Random): number[][] {
  const trials = noises.map((noise, one) =>
    Array.from({ length: 3 }, () => (one === 1 ? TRUTH : 0) + noise * normal(random)),
  )
  const [reference = []] = trials
  return trials.slice(1).map((own) => own.map((value, block) => value - (reference[block] ?? 0)))
}

/** Share of the simulations in which the interval of the first contender holds the truth, and its mean width. */
function coverage(noises: readonly number[]): { holds: number; width: number } {
  const SIMULATIONS = 2000
  let [holds, width] = [0, 0]
  for (let seed = 1; seed <= SIMULATIONS; seed++) {
    const pairs = pairsOf(noises, createRandom(seed))
    const { low, high } = intervalBySpread(pairs[0]!, sharedSpread(pairs)!)
    if (low! <= TRUTH && high! >= TRUTH) holds++
    width += (high! - low!) / SIMULATIONS
  }
  return { holds: holds / SIMULATIONS, width }
}

describe('the spread that all contenders share', () => {
  it('is that of a two-way analysis of variance', () => {
    // Rows 0 0 0 / 1 2 3 / 2 1 3: residuals of thirds, sum of squares 2 over 4 degrees of freedom.
    const spread = sharedSpread([
      [1, 2, 3],
      [2, 1, 3],
    ])
    expect(spread?.degreesOfFreedom).toBe(4)
    expect(spread?.standardDeviation).toBeCloseTo(Math.sqrt(2 / 4), 12)
  })

  it('does not know what a whole block or a whole contender has', () => {
    const plain = sharedSpread([
      [0.01, -0.02, 0.03],
      [0.02, 0.01, -0.01],
    ])
    const shifted = sharedSpread([
      [0.51, 0.48, 0.53],
      [0.02, 0.01, -0.01],
    ])
    expect(shifted?.standardDeviation).toBeCloseTo(plain!.standardDeviation, 12)
  })

  it('is nothing with one pair in a block, or one block', () => {
    expect(sharedSpread([[1, 2, 3]])).toBeNull()
    expect(sharedSpread([[1], [2], [3]])).toBeNull()
    expect(sharedSpread([])).toBeNull()
  })

  it('gives intervals that hold the truth in 95 %, where all scatter alike', () => {
    const { holds, width } = coverage([0.03, 0.03, 0.03, 0.03, 0.03, 0.03])
    expect(holds).toBeGreaterThanOrEqual(0.95)
    // By its own three pairs alone: 2 * 4.30 * sqrt(2) * 0.03 / sqrt(3) * E(s)/sigma = 0.187.
    expect(width).toBeLessThan(0.9 * 0.187)
  })

  it('does not take a restless contender for calm', () => {
    expect(coverage([0.01, 0.1, 0.01, 0.01, 0.01, 0.01]).holds).toBeGreaterThanOrEqual(0.85)
  })

  it('tests on one side', () => {
    const pairs = [
      [-0.5, -0.49, -0.51],
      [0, 0.01, -0.01],
    ]
    const spread = sharedSpread(pairs)!
    expect(pBelowBySpread(pairs[0]!, -0.1, spread)).toBeLessThan(0.001)
    expect(pBelowBySpread(pairs[1]!, -0.1, spread)).toBeGreaterThan(0.999)
    const still = [
      [-1, -1],
      [0, 0],
    ]
    expect(still.map((own) => pBelowBySpread(own, -0.5, sharedSpread(still)!))).toEqual([0, 1])
  })
})
