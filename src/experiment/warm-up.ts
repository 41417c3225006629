import type { LoadOutcome } from '../result/trial.js'
import { surelyChanged, trendOf } from './trend.js'

/** A rise of less than this within a window is as good as none. */
const STILL_RISING = 0.1
/**
 * And one of less than this from a window to the next, which is where most of it shows: a service with a few milliseconds of JavaScript a
 * request was 15 % below itself after 0.7 s of load on five workers, and 8 % on two. Such a first block speaks against more workers.
 */
const FASTER_THAN_BEFORE = 0.05
const MOST_WINDOWS = 4

export interface WarmUp {
  /** Throughput of the last window. */
  throughputRps: number
  /** False when the throughput still rose in the last of the windows that a warm-up may have. */
  steady: boolean
}

/** Compilers, caches and pools make a server faster while it warms up, so what has surely become faster is not warm. */
export function stillRising({ slices }: Pick<LoadOutcome, 'slices'>): boolean {
  const trend = trendOf(slices)
  return trend !== null && trend.change > 0 && surelyChanged(trend) > STILL_RISING
}

/** Windows of load, thrown away, until the throughput rises neither within one nor from the one before it; two at least and four at most. */
export async function warmUntilSteady(
  load: () => Promise<Pick<LoadOutcome, 'slices' | 'throughputRps'>>,
): Promise<WarmUp> {
  let { throughputRps } = await load()
  for (let windows = 1; windows < MOST_WINDOWS; windows++) {
    const window = await load()
    const isFaster = window.throughputRps > (1 + FASTER_THAN_BEFORE) * throughputRps
    throughputRps = window.throughputRps
    if (!isFaster && !stillRising(window)) return { throughputRps, steady: true }
  }
  return { throughputRps, steady: false }
}

/** `the warm-up of a, b was cut …`: for the warnings of a document; empty when all were warm. */
export function coldWarnings(labels: readonly string[]): string[] {
  if (labels.length === 0) return []
  return [
    `${labels.join(', ')} still became faster when the warm-up ended after ${MOST_WINDOWS} windows: early blocks may show it slower than it is`,
  ]
}
