import type { Effect, Verdict } from '../result/analysis.js'
import { equivalentWithin, WITHOUT_INTERVAL } from '../result/undecided.js'
import { holm } from './holm.js'
import { signFlipTest } from './sign-flip.js'
import {
  MIN_BLOCKS_FOR_EXACT_TEST,
  blocksNeeded,
  meanInterval,
  pDifferent,
  type Interval,
} from './statistics.js'

const ALPHA = 0.05

export interface Comparison {
  effect: Effect
  verdict: Verdict
  /** Exact sign-flip p; `null` below six blocks, where it cannot get under 0.05. */
  pValue: number | null
  /** Blocks in all that would probably decide an `inconclusive` comparison; `null` when decided or out of reach. */
  blocksToDecide: number | null
}

/**
 * Compares two configurations by their paired log-ratios ln(a / b), one for each block. `margin` is the practical
 * margin as a ratio minus one. The 95 % interval entirely beyond ±ln(1 + margin) is `better` or `worse`, entirely
 * inside (and inside 10 %) is `equivalent`, anything else `inconclusive`. From six blocks on, `better` and `worse` must also pass the
 * exact sign-flip test, so that one wild block in a short run cannot carry a verdict by normal theory alone.
 * `null` without a single pair.
 */
export function compare(logRatios: readonly number[], margin: number): Comparison | null {
  if (logRatios.length === 0) return null
  const interval = meanInterval(logRatios)
  const limit = Math.log1p(margin)
  const pValue = logRatios.length < MIN_BLOCKS_FOR_EXACT_TEST ? null : signFlipTest(logRatios)
  const verdict = judge(interval, limit, pValue)
  return {
    effect: toEffect(interval),
    verdict,
    pValue,
    blocksToDecide: verdict === 'inconclusive' ? blocksToDecide(interval, limit) : null,
  }
}

/** The same by an interval that is known otherwise, without a second opinion: for choosing whom to look at again. */
export function compareByInterval(interval: Interval, margin: number): Comparison {
  const verdict = judge(interval, Math.log1p(margin), null)
  return { effect: toEffect(interval), verdict, pValue: null, blocksToDecide: null }
}

/**
 * Compares several configurations with one reference. A `better` or `worse` must then also survive Holm's
 * adjustment of the paired t tests, so that with many comparisons the chance of any false one stays at 5 %.
 * Pairs are ln(configuration / reference); labels without pairs are left out.
 */
export function compareFamily(
  pairs: ReadonlyMap<string, readonly number[]>,
  margin: number,
): Map<string, Comparison> {
  const results = new Map<string, Comparison>()
  for (const [label, logRatios] of pairs) {
    const comparison = compare(logRatios, margin)
    if (comparison !== null) results.set(label, comparison)
  }
  const labels = [...results.keys()]
  const adjusted = holm(labels.map((label) => pDifferent(pairs.get(label) ?? [])))
  labels.forEach((label, index) => {
    const comparison = results.get(label)
    const decided = comparison?.verdict === 'better' || comparison?.verdict === 'worse'
    if (decided && (adjusted[index] ?? 1) > ALPHA) {
      const interval = meanInterval(pairs.get(label) ?? [])
      const blocks = blocksToDecide(interval, Math.log1p(margin))
      results.set(label, { ...comparison, verdict: 'inconclusive', blocksToDecide: blocks })
    }
  })
  return results
}

/** Fewer than three blocks carry no interval. A throughput that differs by more than two estimates may be off is another all the same. */
export function judgeWithoutInterval(comparison: Comparison, margin: number): Comparison {
  const { low, ratio } = comparison.effect
  if (low !== null || comparison.verdict !== 'inconclusive') return comparison
  const least = (1 + margin) / WITHOUT_INTERVAL ** 2
  if (ratio > least) return { ...comparison, verdict: 'better', blocksToDecide: null }
  return ratio < 1 / least ? { ...comparison, verdict: 'worse', blocksToDecide: null } : comparison
}

export function toEffect(interval: Interval): Effect {
  return {
    ratio: Math.exp(interval.mean),
    low: interval.low === null ? null : Math.exp(interval.low),
    high: interval.high === null ? null : Math.exp(interval.high),
    blocks: interval.count,
  }
}

function judge({ low, high }: Interval, limit: number, pValue: number | null): Verdict {
  if (low === null || high === null) return 'inconclusive'
  const same = Math.log1p(equivalentWithin(Math.expm1(limit)))
  if (low > -same && high < same) return 'equivalent'
  if (pValue !== null && pValue > ALPHA) return 'inconclusive'
  if (low > limit) return 'better'
  return high < -limit ? 'worse' : 'inconclusive'
}

/** The effect is decided once its interval no longer reaches the nearer of the two limits. */
function blocksToDecide(interval: Interval, limit: number): number | null {
  if (interval.standardDeviation === null) return null
  const distance = Math.abs(Math.abs(interval.mean) - limit)
  const blocks = blocksNeeded(interval.standardDeviation, distance)
  return blocks === null ? null : Math.max(blocks, interval.count + 1)
}
