import type { Effect, Estimate } from '../result/analysis.js'

/** What a table shows where there is no figure. */
export const NO_FIGURE = '-'

/** From this ratio on "13.4 times" reads better than "+1,240 %". */
const TIMES_FROM = 3
const MIB = 2 ** 20

/** Three significant digits up to 100, whole numbers with separators above: `0.812`, `44.1`, `1,930`. */
export function formatNumber(value: number): string {
  if (value === 0) return '0'
  // 99.95 rounds to 100 in three digits, so the border lies where rounding puts it.
  return Math.abs(value) >= 99.95 ? groupDigits(value) : value.toPrecision(3)
}

/** Requests per second, without the unit. */
export function formatRate(rps: number): string {
  return formatNumber(rps)
}

/** Latency with its unit: milliseconds, or whole microseconds (the clock's resolution) below one. */
export function formatLatency(us: number | null): string {
  if (us === null) return NO_FIGURE
  return us < 999.5 ? `${Math.round(us)} µs` : `${formatNumber(us / 1000)} ms`
}

export interface LatencyUnit {
  name: 'µs' | 'ms'
  format: (us: number | null) => string
}

/** One unit for a whole column: `µs` when every figure is below one millisecond, `ms` otherwise. */
export function latencyUnit(figuresUs: readonly (number | null)[]): LatencyUnit {
  const figures = figuresUs.filter((us) => us !== null)
  const small = figures.length > 0 && figures.every((us) => us < 999.5)
  return small
    ? { name: 'µs', format: (us) => (us === null ? NO_FIGURE : groupDigits(us)) }
    : { name: 'ms', format: (us) => (us === null ? NO_FIGURE : formatNumber(us / 1000)) }
}

/** Bytes as MiB, without the unit. */
export function formatMib(bytes: number | null): string {
  if (bytes === null) return NO_FIGURE
  const mib = bytes / MIB
  return mib >= 99.95 ? groupDigits(mib) : mib.toFixed(1)
}

export function formatBytes(bytes: number | null): string {
  return bytes === null ? NO_FIGURE : `${formatMib(bytes)} MiB`
}

/** A share without sign: 0.016 is `1.6 %`. */
export function formatShare(share: number): string {
  return `${percentDigits(share * 100)} %`
}

/** The same for shares whose smallness is what matters, such as errors: `0 %`, `0.03 %`, `< 0.001 %`, `1.6 %`. */
export function formatSmallShare(share: number): string {
  const points = share * 100
  if (points === 0) return '0 %'
  if (points < 0.001) return '< 0.001 %'
  return points < 0.95 ? `${Number(points.toPrecision(points < 0.095 ? 1 : 2))} %` : formatShare(share)
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

/** `1,880–1,975`. */
export function formatInterval(low: number, high: number, format = formatRate): string {
  return `${format(low)}–${format(high)}`
}

/** Half-width of the interval as a share of the value: `±2.4 %`; empty when there is no interval. */
export function formatPlusMinus({ value, low, high }: Estimate): string {
  if (low === null || high === null || value === 0) return ''
  return `±${formatShare((high - low) / 2 / value)}`
}

/** `8.5 s`, `42 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`
  return minutes % 60 === 0
    ? `${Math.floor(minutes / 60)} h`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** A stopwatch: `0:42`, `12:05`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** CPUs may be a fraction: `2`, `0.5`, `1.33`. */
export function formatCpus(cpus: number): string {
  return String(Number(cpus.toFixed(2)))
}

/** Close to -100 % the decimal is what tells one factor from another. */
function percentDigits(points: number): string {
  return Math.abs(points) < 9.95 || points < -89.95 ? points.toFixed(1) : groupDigits(points)
}

function groupDigits(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
