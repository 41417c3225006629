import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'
import { median } from 'simple-statistics'
import { SAMPLES_NEEDED } from '../result/percentile.js'
import type { LoadOutcome } from '../result/trial.js'

const TRIALS_FOR_MEDIAN = 3

export interface PooledLatency {
  p50: number | null
  p95: number | null
  p99: number | null
}

type Measured = Pick<LoadOutcome, 'latencyUs' | 'histogram'>

/**
 * Percentiles over several trials of one configuration, µs. Requests of one trial are not independent, so where at
 * least three trials carry a percentile by themselves the median of theirs is taken: one disturbed second cannot
 * move it. Otherwise the histograms are merged, and the pool must carry it.
 */
export function poolLatency(trials: readonly Measured[]): PooledLatency {
  let merged: Histogram | null | undefined
  const pool = (key: keyof PooledLatency, percentile: number): number | null => {
    const own = trials.map((trial) => trial.latencyUs[key]).filter((value) => value !== null)
    if (own.length >= TRIALS_FOR_MEDIAN) return median(own)
    merged ??= mergeHistograms(trials)
    if (merged === null || merged.totalCount < SAMPLES_NEEDED[key]) return null
    return merged.getValueAtPercentile(percentile)
  }
  return { p50: pool('p50', 50), p95: pool('p95', 95), p99: pool('p99', 99) }
}

function mergeHistograms(trials: readonly Measured[]): Histogram | null {
  const histograms = trials
    .filter((trial) => trial.histogram !== '')
    .map((trial) => decodeFromCompressedBase64(trial.histogram))
  const [first, ...rest] = histograms
  if (first === undefined) return null
  for (const histogram of rest) first.add(histogram)
  return first
}
