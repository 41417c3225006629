import type { Effect } from './analysis.js'

// One effect stands in reasons, findings and tables: it has to read alike in all of them.

/** From this ratio on "13.4 times" reads better than "+1,240 %". */
const TIMES_FROM = 3

/** Three significant digits up to 100, whole numbers with separators above: `0.812`, `44.1`, `1,930`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  // 99.95 rounds to 100 in three digits, so the border lies where rounding puts it.
  return Math.abs(value) >= 99.95 ? groupDigits(value) : value.toPrecision(3)
}

/** A change with its sign: 0.38 is `+38 %`, -0.031 is `-3.1 %`. */
export function formatPercent(change: number): string {
  const digits = percentDigits(change * 100)
  if (digits === '0.0' || digits === '-0.0') return '0.0 %'
  return `${change > 0 ? '+' : ''}${digits} %`
}

/** A ratio as a change: 1.05 is `+5.0 %`, 13.4 is `13.4 times`. */
export function formatChange(ratio: number): string {
  return ratio >= TIMES_FROM ? `${formatNumber(ratio)} times` : formatPercent(ratio - 1)
}

/** `+36 % to +41 %`, or `13.1 to 13.7 times`; empty when too few blocks carry an interval. */
export function formatChangeInterval({ low, high }: Pick<Effect, 'low' | 'high'>): string {
  if (low === null || high === null) return ''
  if (low >= TIMES_FROM) return `${formatNumber(low)} to ${formatNumber(high)} times`
  return `${formatChange(low)} to ${formatChange(high)}`
}

/** `-3.1 % (-4.0 % to -2.2 %)`. */
export function formatEffect(effect: Effect): string {
  const interval = formatChangeInterval(effect)
  return interval === '' ? formatChange(effect.ratio) : `${formatChange(effect.ratio)} (${interval})`
}

/** Close to -100 % the decimal is what tells one factor from another. */
export function percentDigits(points: number): string {
  return Math.abs(points) < 9.95 || points < -89.95 ? points.toFixed(1) : groupDigits(points)
}

export function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
