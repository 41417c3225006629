import type { Estimate } from '../result/analysis.js'
import { formatNumber, groupDigits, percentDigits } from '../result/effect-text.js'

export {
  formatChange,
  formatChangeInterval,
  formatEffect,
  formatNumber,
  formatPercent,
} from '../result/effect-text.js'

/** What a table shows where there is no figure. */
export const NO_FIGURE = '-'

const MIB = 2 ** 20

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

/** `1 request under way`, `6.50 requests under way`. */
export function formatUnderWay(requests: number): string {
  const text = formatNumber(requests)
  return `${text} ${Number(text) === 1 ? 'request' : 'requests'} under way`
}
