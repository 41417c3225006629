import { mean } from 'simple-statistics'
import { tQuantile } from './student-t.js'

/** Change of a rate over a window, as a share of its mean, with its 95 % interval. */
export interface Trend {
  change: number
  low: number
  high: number
}

/**
 * Least-squares line through the counts of equal slices of a window: slope * slices / mean, with the t interval of the
 * slope (n - 2 degrees of freedom). `null` for fewer than three slices, or when nothing was counted.
 */
export function trendOf(slices: readonly number[]): Trend | null {
  const count = slices.length
  if (count < 3) return null
  const average = mean([...slices])
  if (average <= 0) return null
  const middle = (count - 1) / 2
  const spread = slices.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  const slope = slices.reduce((sum, value, index) => sum + (index - middle) * (value - average), 0) / spread
  const residual = slices.reduce(
    (sum, value, index) => sum + (value - average - slope * (index - middle)) ** 2,
    0,
  )
  const error = Math.sqrt(residual / (count - 2) / spread)
  const scale = count / average
  const half = tQuantile(0.975, count - 2) * error * scale
  const change = slope * scale
  return { change, low: change - half, high: change + half }
}

/** The smallest change that the interval allows: 0 when it might be none. Without sign. */
export function surelyChanged({ low, high }: Trend): number {
  if (low > 0) return low
  return high < 0 ? -high : 0
}
