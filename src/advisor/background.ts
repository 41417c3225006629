import { loopsOf, type Configuration } from '../result/configuration.js'
import type { ServerOutcome, Trial } from '../result/trial.js'

/** What one worker does while nobody asks it anything: timers, polling, jobs of its own. */
export interface Background {
  /** CPU seconds per second. */
  cores: number
  /** Share of the time in which its event loop is busy with it; `null` where the server does not tell. */
  loopShare: number | null
}

/** An idle worker with its heartbeats was measured at 0.003 to 0.006 cores. */
export const LEAST_BACKGROUND_CORES = 0.02
/** Of the CPUs. Servers that wait for their turn take more than that from the one that is measured. */
const MOST_OF_CPUS = 0.1

/** `null` where it is no more than what any idle worker does, or not known. */
export function backgroundOf({
  cpuCores,
  loopUtilization,
}: Pick<ServerOutcome, 'cpuCores' | 'loopUtilization'>): Background | null {
  if (cpuCores === null || cpuCores < LEAST_BACKGROUND_CORES) return null
  return { cores: cpuCores, loopShare: loopUtilization }
}

/** The trial as it would have been without: at one connection a timer may use more CPU than the requests do. */
export function withoutBackground<T extends Trial>(trial: T, background: Background | null): T {
  const { server } = trial
  if (background === null || server === null) return trial
  const rest = (perRequest: number | null, used: number | null, idle: number | null): number | null =>
    perRequest === null || used === null || idle === null || used <= 0
      ? perRequest
      : perRequest * Math.max(0, 1 - idle / used)
  return {
    ...trial,
    server: {
      ...server,
      cpuSecondsPerRequest: rest(server.cpuSecondsPerRequest, server.cpuCores, background.cores),
      loopSecondsPerRequest: rest(server.loopSecondsPerRequest, server.loopUtilization, background.loopShare),
    },
  }
}

/** Whether all of these at a time would leave the one that is measured clearly less than the machine has. */
export function disturbEachOther(
  configurations: readonly Configuration[],
  background: Background | null,
  effectiveCpus: number,
): boolean {
  if (background === null) return false
  const loops = configurations.reduce((sum, configuration) => sum + loopsOf(configuration), 0)
  return loops * background.cores > MOST_OF_CPUS * effectiveCpus
}
