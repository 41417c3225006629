import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'
import { SAMPLES_NEEDED } from '../result/percentile.js'

const SIGNIFICANT_DIGITS = 3

/** Microseconds with three significant digits. Plain JavaScript: as fast as the WebAssembly one, and nothing to free. */
export function latencyHistogram(): Histogram {
  return build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: SIGNIFICANT_DIGITS })
}

/** Zero is kept for "nothing measured": no request takes less than half a microsecond. */
export function toUs(ms: number): number {
  return Math.max(1, Math.round(ms * 1000))
}

/** Base64 of a compressed HdrHistogram (V2). */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram)
}

export function mergeHistograms(encoded: string[]): Histogram {
  const merged = latencyHistogram()
  for (const part of encoded) merged.add(decodeFromCompressedBase64(part))
  return merged
}

/** Microseconds; `null` where the sample cannot carry the figure. */
export function percentilesOf(histogram: Histogram): Record<keyof typeof SAMPLES_NEEDED, number | null> {
  const at = (percentile: number, smallest: number) =>
    histogram.totalCount >= smallest ? histogram.getValueAtPercentile(percentile) : null
  return {
    p50: at(50, SAMPLES_NEEDED.p50),
    p95: at(95, SAMPLES_NEEDED.p95),
    p99: at(99, SAMPLES_NEEDED.p99),
    p999: at(99.9, SAMPLES_NEEDED.p999),
  }
}
