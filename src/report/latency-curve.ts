import { build, decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'

export interface CurvePoint {
  /** 0 to 1, both excluded at the upper end. */
  quantile: number
  us: number
}

const POINTS_PER_NINE = 16
const LOWEST_US = 1
const HIGHEST_US = 60_000_000

/**
 * Latency at every quantile that the samples together can carry: a quantile q needs 1 - q^n >= 0.95 for an upper 95 % bound, so
 * the curve of n requests ends at q = 0.05^(1/n). Points are even on an axis of nines (0.9, 0.99, 0.999). Histograms that cannot
 * be decoded are left out; without any the curve is empty.
 */
export function latencyCurve(encoded: readonly string[]): CurvePoint[] {
  const merged = mergeDecodable(encoded)
  if (merged.totalCount === 0) return []
  const lastNines = toNines(0.05 ** (1 / merged.totalCount))
  const steps = Math.floor(lastNines * POINTS_PER_NINE)
  const nines = Array.from({ length: steps + 1 }, (_, index) => index / POINTS_PER_NINE)
  return [...nines, lastNines].map((position) => {
    const quantile = 1 - 10 ** -position
    const us = merged.getValueAtPercentile(quantile * 100)
    return { quantile, us: Math.max(LOWEST_US, us) }
  })
}

/** 0.9 is 1, 0.99 is 2, 0.999 is 3. */
export function toNines(quantile: number): number {
  return -Math.log10(1 - quantile)
}

function mergeDecodable(encoded: readonly string[]): Histogram {
  const merged = build({ highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 })
  for (const text of encoded) {
    const part = decode(text)
    if (part !== null) merged.add(part)
  }
  return merged
}

/** A result that was edited by hand still has its other figures. */
function decode(text: string): Histogram | null {
  try {
    return decodeFromCompressedBase64(text)
  } catch {
    return null
  }
}
