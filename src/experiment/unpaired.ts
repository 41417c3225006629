import { mean, sampleVariance } from 'simple-statistics'
import type { Effect, Verdict } from '../result/analysis.js'
import { tQuantile } from './student-t.js'

/** With fewer values on a side the interval is too wide to say anything. */
const MIN_VALUES = 3
const UPPER = 0.975

/**
 * The ratio head / base of two independent samples of positive values: geometric means, with Welch's 95 % t interval of the difference
 * of logarithms. Degrees of freedom by Welch and Satterthwaite, rounded down. `blocks` is the size of the smaller sample. `null` when
 * a side has no value.
 */
export function unpairedEffect(base: readonly number[], head: readonly number[]): Effect | null {
  const [a, b] = [base, head].map((values) => values.filter((value) => value > 0).map(Math.log))
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return null
  const difference = mean(b) - mean(a)
  const blocks = Math.min(a.length, b.length)
  if (blocks < MIN_VALUES) return { ratio: Math.exp(difference), low: null, high: null, blocks }
  const half = halfWidth(a, b)
  return {
    ratio: Math.exp(difference),
    low: Math.exp(difference - half),
    high: Math.exp(difference + half),
    blocks,
  }
}

function halfWidth(a: readonly number[], b: readonly number[]): number {
  const [va, vb] = [sampleVariance([...a]) / a.length, sampleVariance([...b]) / b.length]
  if (va + vb === 0) return 0
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1))
  return tQuantile(UPPER, Math.max(1, Math.floor(freedom))) * Math.sqrt(va + vb)
}

/**
 * What an interval of a ratio says of the head when less than `margin` (a ratio minus one) counts as nothing: entirely inside is
 * `equivalent`, entirely outside `better` or `worse`, anything else `inconclusive`.
 */
export function judgeRatio(
  { low, high }: Pick<Effect, 'low' | 'high'>,
  margin: number,
  favourable: 'more' | 'less',
): Verdict {
  if (low === null || high === null) return 'inconclusive'
  const limit = 1 + margin
  if (low > 1 / limit && high < limit) return 'equivalent'
  if (low >= limit) return favourable === 'more' ? 'better' : 'worse'
  if (high <= 1 / limit) return favourable === 'more' ? 'worse' : 'better'
  return 'inconclusive'
}
