import { DEFAULT_WORKER_CONNECTIONS, type Configuration, type WorkerClass } from '../result/configuration.js'

/** The classic rule `(2 * CPU) + 1`, at least one worker. */
export function heuristicWorkers(effectiveCpus: number): number {
  return Math.max(1, Math.floor(2 * effectiveCpus + 1))
}

/** The rule in each worker class; `threaded` spreads it over workers x threads as evenly as it can. */
export function heuristicConfigurations(effectiveCpus: number): Record<WorkerClass, Configuration> {
  const workers = heuristicWorkers(effectiveCpus)
  const processes = Math.max(1, Math.round(Math.sqrt(workers)))
  const threads = Math.max(1, Math.round(workers / processes))
  const workerConnections = DEFAULT_WORKER_CONNECTIONS
  return {
    sync: { workerClass: 'sync', workers, threads: 1, workerConnections },
    threaded: { workerClass: 'threaded', workers: processes, threads, workerConnections },
    async: { workerClass: 'async', workers, threads: 1, workerConnections },
  }
}
