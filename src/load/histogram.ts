import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'

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

// Smallest n with 1 - q^n >= 0.95: below it the sample has no upper 95 % bound for the quantile.
const SMALLEST_SAMPLE = { p50: 1, p95: 59, p99: 299, p999: 2995 }

/** Microseconds; `null` where the sample cannot carry the figure. */
export function percentilesOf(histogram: Histogram): Record<keyof typeof SMALLEST_SAMPLE, number | null> {
  const at = (percentile: number, smallest: number) =>
    histogram.totalCount >= smallest ? histogram.getValueAtPercentile(percentile) : null
  return {
    p50: at(50, SMALLEST_SAMPLE.p50),
    p95: at(95, SMALLEST_SAMPLE.p95),
    p99: at(99, SMALLEST_SAMPLE.p99),
    p999: at(99.9, SMALLEST_SAMPLE.p999),
  }
}
