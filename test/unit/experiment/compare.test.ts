import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare, compareFamily } from '../../../src/experiment/compare.js'
import { assessNoise } from '../../../src/experiment/noise.js'
import { createRandom } from '../../../src/experiment/random.js'
import { normal } from '../../helpers/fakes.js'

const around = (center: number, spread = 0.002) =>
  [-1, 1, -0.5, 0.5, -0.2, 0.2].map((step) => center + spread * step)

describe('compare', () => {
  it('gives one of four verdicts, by where the interval lies', () => {
    expect(compare(around(0.1), 0.03)).toMatchObject({ verdict: 'better', blocksToDecide: null })
    expect(compare(around(-0.1), 0.03)).toMatchObject({ verdict: 'worse' })
    expect(compare(around(0.005), 0.03)).toMatchObject({ verdict: 'equivalent' })
    expect(compare(around(0.03), 0.03)).toMatchObject({ verdict: 'inconclusive' })
    expect(compare([], 0.03)).toBeNull()
  })

  it('calls nothing equivalent that may differ by more than 10 %, however wide the margin of a noisy machine', () => {
    const pairs = [0.15, 0.25, 0.2, 0.18, 0.22, 0.2]
    expect(compare(pairs, 3)?.verdict).toBe('inconclusive')
    expect(
      compare(
        pairs.map((pair) => pair - 0.2),
        3,
      )?.verdict,
    ).toBe('equivalent')
  })

  it('reports the ratio with its interval, and the exact p from six blocks on', () => {
    const { effect, pValue } = compare(around(0.1), 0.03)!
    expect(effect.ratio).toBeCloseTo(Math.exp(0.1), 3)
    expect(effect.low!).toBeLessThan(effect.ratio)
    expect(effect).toMatchObject({ blocks: 6 })
    expect(pValue).toBe(2 / 64)
    expect(compare(around(0.1).slice(0, 5), 0.03)!.pValue).toBeNull()
  })

  it('has no interval and no verdict from two blocks', () => {
    expect(compare([0.5, 0.5], 0.03)).toMatchObject({
      verdict: 'inconclusive',
      effect: { low: null, high: null, blocks: 2 },
    })
  })

  it('says how many blocks would probably decide', () => {
    const undecided = compare([0.02, 0.08, 0.03, 0.09, 0.01, 0.07], 0.03)!
    expect(undecided.verdict).toBe('inconclusive')
    expect(undecided.blocksToDecide).toBeGreaterThan(6)
  })

  it('turns over when the two are swapped', () => {
    const turned = {
      better: 'worse',
      worse: 'better',
      equivalent: 'equivalent',
      inconclusive: 'inconclusive',
    }
    const ratios = fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(ratios, (values) => {
        const [ab, ba] = [
          compare(values, 0.03)!,
          compare(
            values.map((value) => -value),
            0.03,
          )!,
        ]
        expect(ba.verdict).toBe(turned[ab.verdict])
        expect(ab.effect.ratio * ba.effect.ratio).toBeCloseTo(1, 9)
      }),
    )
  })

  it('asks more of each of many comparisons', () => {
    // Beyond the margin for one comparison alone, but with p of about 0.01 not after Holm among eight.
    const alone = [0.08, 0.21, 0.06, 0.14]
    expect(compare(alone, 0.005)!.verdict).toBe('better')
    const family = compareFamily(
      new Map(Array.from({ length: 8 }, (_, index) => [String(index), alone])),
      0.005,
    )
    expect(family.get('0')).toMatchObject({ verdict: 'inconclusive' })
    expect(family.get('0')!.blocksToDecide).toBeGreaterThan(4)
  })
})

describe('assessNoise', () => {
  it('raises the margin to the far bound of the A/A interval', () => {
    const quiet = assessNoise(around(0, 0.002))
    expect(quiet.margin).toBe(0.03)
    expect(quiet.floor!).toBeLessThan(0.03)
    const loud = assessNoise(around(0.02, 0.08))
    expect(loud.margin).toBe(loud.floor)
    expect(loud.floor!).toBeCloseTo(loud.effect!.high! - 1, 12)
    expect(loud.minimumDetectableEffect!).toBeGreaterThan(quiet.minimumDetectableEffect!)
  })

  it('keeps the user margin where there was no pair', () => {
    expect(assessNoise([], [], 0.05)).toEqual({
      effect: null,
      floor: null,
      minimumDetectableEffect: null,
      margin: 0.05,
    })
  })
})

describe('verdicts under drift, with known truth', () => {
  const experiment = (seed: number, blocks: number, effect: number) => {
    const random = createRandom(seed)
    const noise = 0.02
    let drift = 0
    const trial = (truth: number) => {
      drift += 0.01 * normal(random)
      return truth + drift + noise * normal(random)
    }
    return Array.from({ length: blocks }, () => {
      // Random order within the block, so that drift falls on both alike.
      if (random() < 0.5) return trial(effect) - trial(0)
      const second = trial(0)
      return trial(effect) - second
    })
  }
  const share = (blocks: number, effect: number, hit: (values: number[]) => boolean) => {
    let hits = 0
    for (let seed = 0; seed < 2000; seed++) if (hit(experiment(seed, blocks, effect))) hits++
    return hits / 2000
  }

  it('calls identical configurations better or worse in at most 5 % of runs', () => {
    for (const blocks of [3, 6, 10]) {
      const wrong = share(blocks, 0, (values) => ['better', 'worse'].includes(compare(values, 1e-9)!.verdict))
      expect(wrong).toBeLessThan(0.065)
      const practical = share(blocks, 0, (values) => /better|worse/.test(compare(values, 0.03)!.verdict))
      expect(practical).toBeLessThan(0.005)
    }
  })

  it('calls a difference at the margin equivalent in at most 5 % of runs', () => {
    const wrong = share(8, Math.log1p(0.03), (values) => compare(values, 0.03)!.verdict === 'equivalent')
    expect(wrong).toBeLessThan(0.05)
  })

  it('shows a true difference of 5 % with ten blocks, as not zero, in at least 90 % of runs', () => {
    const found = share(10, Math.log(1.05), (values) => compare(values, 1e-9)!.verdict === 'better')
    expect(found).toBeGreaterThan(0.9)
  })
})
