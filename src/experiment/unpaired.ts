import { mean, sampleVariance } from 'simple-statistics'
import type { Effect, Verdict } from '../result/analysis.js'
import { tCdf, tQuantile } from './student-t.js'

/** With fewer values on a side the interval is too wide to say anything. */
const MIN_VALUES = 3
const UPPER = 0.975

/**
 * The ratio head / base of two independent samples of positive values: geometric means, with Welch's 95 % t interval of the difference
 * of logarithms. Degrees of freedom by Welch and Satterthwaite, rounded down. `blocks` is the size of the smaller sample. `null` when
 * a side has no value.
 */
export function unpairedEffect(base: readonly number[], head: readonly number[]): Effect | null {
  const difference = differenceOf(base, head)
  if (difference === null) return null
  const { mean: log, standardError, freedom, blocks } = difference
  if (standardError === null) return { ratio: Math.exp(log), low: null, high: null, blocks }
  const half = tQuantile(UPPER, freedom) * standardError
  return { ratio: Math.exp(log), low: Math.exp(log - half), high: Math.exp(log + half), blocks }
}

/**
 * One-sided p of the same t test that ln(head / base) is below a bound: small when the samples say so. `null` where there is no interval.
 */
export function pUnpairedBelow(
  base: readonly number[],
  head: readonly number[],
  logBound: number,
): number | null {
  const difference = differenceOf(base, head)
  if (difference?.standardError == null) return null
  const { mean: log, standardError, freedom } = difference
  if (standardError === 0) return log < logBound ? 0 : 1
  return tCdf((log - logBound) / standardError, freedom)
}

interface LogDifference {
  mean: number
  /** `null` where a side has too few values. */
  standardError: number | null
  freedom: number
  /** Values of the smaller side. */
  blocks: number
}

function differenceOf(base: readonly number[], head: readonly number[]): LogDifference | null {
  const [a, b] = [base, head].map((values) => values.filter((value) => value > 0).map(Math.log))
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return null
  const blocks = Math.min(a.length, b.length)
  const difference = { mean: mean(b) - mean(a), blocks }
  if (blocks < MIN_VALUES) return { ...difference, standardError: null, freedom: 0 }
  const [va, vb] = [sampleVariance(a) / a.length, sampleVariance(b) / b.length]
  if (va + vb === 0) return { ...difference, standardError: 0, freedom: 1 }
  const freedom = (va + vb) ** 2 / (va ** 2 / (a.length - 1) + vb ** 2 / (b.length - 1))
  return { ...difference, standardError: Math.sqrt(va + vb), freedom: Math.max(1, Math.floor(freedom)) }
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
