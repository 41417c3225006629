import type { Metric } from '../result/metric.js'
import type { Trial } from '../result/trial.js'

/** What one trial says of a metric, in the metric's unit; `null` where it cannot. Not for `errors.rate`, which is a count over all. */
const READINGS: Record<Exclude<Metric, 'errors.rate'>, (trial: Trial) => number | null> = {
  rps: ({ throughputRps }) => throughputRps,
  'latency.p50': ({ latencyUs }) => latencyUs.p50,
  'latency.p95': ({ latencyUs }) => latencyUs.p95,
  'latency.p99': ({ latencyUs }) => latencyUs.p99,
  'cpu.per-request': ({ server }) =>
    server?.cpuSecondsPerRequest == null ? null : server.cpuSecondsPerRequest * 1e6,
  'memory.pss': ({ server }) => server?.pssBytes ?? null,
}

/** The values of a metric over the trials that may be believed. */
export function samplesOf(metric: Exclude<Metric, 'errors.rate'>, trials: readonly Trial[]): number[] {
  return trials
    .filter(({ validity }) => validity.ok)
    .map(READINGS[metric])
    .filter((value) => value !== null)
}

/**
 * ln(head / base) of a metric for every block in which both have a valid trial that says something of it, in order of the blocks.
 */
export function pairedRatios(
  metric: Exclude<Metric, 'errors.rate'>,
  head: readonly Trial[],
  base: readonly Trial[],
): number[] {
  const byBlock = (trials: readonly Trial[]): Map<number, number> =>
    new Map(
      trials.flatMap((trial) => {
        const value = trial.validity.ok ? READINGS[metric](trial) : null
        return trial.block === null || value === null || value <= 0 ? [] : [[trial.block, value] as const]
      }),
    )
  const [a, b] = [byBlock(head), byBlock(base)]
  return [...a]
    .toSorted(([x], [y]) => x - y)
    .flatMap(([block, value]) => {
      const other = b.get(block)
      return other === undefined ? [] : [Math.log(value / other)]
    })
}

/** The trials of those blocks in which both may be believed, so that two columns tell what their pairs tell; all where there is none. */
export function inCommonBlocks(trials: readonly Trial[], others: readonly Trial[]): readonly Trial[] {
  const believed = new Set(others.filter(({ validity }) => validity.ok).map(({ block }) => block))
  const common = trials.filter(({ block, validity }) => validity.ok && believed.has(block))
  return common.length === 0 ? trials : common
}

/** Requests that failed, among all that were sent, in every trial: those that are not believed may be so for their errors. */
export function failuresOf(trials: readonly Trial[]): { failures: number; requests: number } {
  const failures = trials.reduce(
    (sum, { requests }) =>
      sum + requests.errors + requests.lost + requests.non2xx + (requests.unexpected ?? 0),
    0,
  )
  return { failures, requests: trials.reduce((sum, { requests }) => sum + requests.sent, 0) }
}
