import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { Estimate } from '../result/analysis.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import { tCdf, tQuantile } from './student-t.js'

/** From here the exact sign-flip test can reach p < 0.05, so a verdict no longer rests on normality alone. */
export const MIN_BLOCKS_FOR_EXACT_TEST = 6

/** Of every interval. */
export const CONFIDENCE = 0.95
const POWER = 0.8
/** More blocks than this are no advice. */
const MOST_BLOCKS_ADVISED = 200

export interface Interval {
  mean: number
  /** `null` with fewer than two values. */
  standardDeviation: number | null
  low: number | null
  high: number | null
  count: number
}

/** Mean with its two-sided 95 % Student-t interval: mean ± t(0.975, n-1) * s / sqrt(n). At least one value. */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length
  const center = mean([...values])
  const standardDeviation = count < 2 ? null : sampleStandardDeviation([...values])
  if (standardDeviation === null || count < BLOCKS_FOR_INTERVAL) {
    return { mean: center, standardDeviation, low: null, high: null, count }
  }
  const half = (tQuantile((1 + CONFIDENCE) / 2, count - 1) * standardDeviation) / Math.sqrt(count)
  return { mean: center, standardDeviation, low: center - half, high: center + half, count }
}

/** A non-negative figure, such as throughput, with its interval over blocks; `null` without any value. */
export function estimateOver(values: readonly number[]): Estimate | null {
  if (values.length === 0) return null
  const { mean: value, low, high } = meanInterval(values)
  return { value, low: low === null ? null : Math.max(0, low), high }
}

/** One-sided p that the mean is below `bound`: small when the data say so. At least two values. */
export function pBelow(values: readonly number[], bound: number): number {
  const { mean: center, standardDeviation, count } = meanInterval(values)
  if (standardDeviation === null) return 1
  return pBelowByError(center - bound, standardDeviation / Math.sqrt(count), count - 1)
}

/** The same of a mean that lies so far above the bound, whose standard error is known with so many degrees of freedom. */
export function pBelowByError(distance: number, standardError: number, degreesOfFreedom: number): number {
  if (standardError === 0) return distance < 0 ? 0 : 1
  return tCdf(distance / standardError, degreesOfFreedom)
}

/** Two-sided p of the paired t test that the mean is zero. */
export function pDifferent(values: readonly number[]): number {
  return Math.min(
    1,
    2 *
      Math.min(
        pBelow(values, 0),
        pBelow(
          values.map((value) => -value),
          0,
        ),
      ),
  )
}

/**
 * Smallest true log-ratio that `blocks` pairs with this spread show with a chance of 80 %:
 * (t(0.975) + t(0.80)) * s / sqrt(B). As a ratio minus one.
 */
export function minimumDetectableEffect(standardDeviation: number, blocks: number): number | null {
  if (blocks < BLOCKS_FOR_INTERVAL) return null
  return Math.expm1((plannedWidth(blocks - 1) * standardDeviation) / Math.sqrt(blocks))
}

/**
 * Blocks with which a log-ratio this far from a limit would be told apart from it, at 80 % power; `null` when that
 * is beyond reason. B = ((t(0.975) + t(0.80)) * s / distance)^2, in which t itself depends on B.
 */
export function blocksNeeded(standardDeviation: number, distance: number): number | null {
  const told = (blocks: number): boolean =>
    (plannedWidth(blocks - 1) * standardDeviation) / Math.sqrt(blocks) <= distance
  if (!told(MOST_BLOCKS_ADVISED)) return null
  let [tooFew, enough] = [BLOCKS_FOR_INTERVAL - 1, MOST_BLOCKS_ADVISED]
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2)
    if (told(middle)) enough = middle
    else tooFew = middle
  }
  return enough
}

function plannedWidth(degreesOfFreedom: number): number {
  return tQuantile((1 + CONFIDENCE) / 2, degreesOfFreedom) + tQuantile(POWER, degreesOfFreedom)
}
