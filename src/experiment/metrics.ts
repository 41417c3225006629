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

/** Requests that failed, among all that were sent, in every trial: those that are not believed may be so for their errors. */
export function failuresOf(trials: readonly Trial[]): { failures: number; requests: number } {
  const failures = trials.reduce(
    (sum, { requests }) => sum + requests.errors + requests.lost + requests.non2xx,
    0,
  )
  return { failures, requests: trials.reduce((sum, { requests }) => sum + requests.sent, 0) }
}
