import { sameConfiguration, type Configuration } from '../result/configuration.js'
import { median } from '../result/median.js'
import type { Trial } from '../result/trial.js'

/**
 * Share of the effective CPUs that a configuration used with so many clients, X * C / N, in the median of the trials that may be believed.
 * `null` without one that tells its CPU.
 */
export function cpuUseOf(
  trials: readonly Trial[],
  configuration: Configuration,
  connections: number,
  effectiveCpus: number,
): number | null {
  const own = trials.filter(
    ({ block, validity, load, configuration: its }) =>
      block !== null &&
      validity.ok &&
      load.connections === connections &&
      sameConfiguration(its, configuration),
  )
  return median(
    own.map(({ server, throughputRps }) => {
      const cpuSeconds = server?.cpuSecondsPerRequest ?? null
      return cpuSeconds === null ? null : (throughputRps * cpuSeconds) / effectiveCpus
    }),
  )
}
