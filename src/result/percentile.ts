/**
 * Samples from which on a percentile is told: the smallest n with 1 - q^n >= 0.95, below which the sample has no distribution-free upper 95 %
 * bound for the quantile q. A median is told from the first on.
 */
export const SAMPLES_NEEDED = { p50: 1, p95: 59, p99: 299, p999: 2995 } as const

/** Poisson arrivals may be fewer than expected. */
const SPARE = 4 / 3

/** Requests, expected in a window, that carry the percentile. */
export function requestsToCarry(percentile: keyof typeof SAMPLES_NEEDED): number {
  return Math.ceil(SPARE * SAMPLES_NEEDED[percentile])
}
