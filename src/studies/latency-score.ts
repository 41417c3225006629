import type { Trial } from '../result/trial.js'

/** One statistic for all: where a trial cannot carry a p95, all are judged by their means. */
export function isByMeans(trials: readonly Trial[]): boolean {
  return trials.some(({ validity, latencyUs }) => validity.ok && latencyUs.p95 === null)
}

/** Comparisons are of throughput. In its place the inverse of the latency: more is better, and a ratio of 1.25 is a quarter faster. */
export function latencyScore(trials: readonly Trial[]): (trial: Trial) => Trial {
  const byMeans = isByMeans(trials)
  return (trial) => {
    const latencyUs = byMeans ? trial.latencyUs.mean : trial.latencyUs.p95
    return { ...trial, throughputRps: latencyUs === null || latencyUs === 0 ? 0 : 1e6 / latencyUs }
  }
}
