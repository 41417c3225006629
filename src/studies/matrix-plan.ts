import {
  configurationKey,
  DEFAULT_WORKER_CONNECTIONS,
  type Configuration,
  type WorkerClass,
} from '../result/configuration.js'

export interface MatrixAxes {
  classes: WorkerClass[]
  workers: number[]
  threads: number[]
  /** Connections that the generator opens. */
  connections: number[]
}

/**
 * Every configuration of the axes, once. `sync` has no threads, so it appears once per number of workers;
 * `async` with T threads runs T event loops in each worker.
 */
export function matrixConfigurations({ classes, workers, threads }: MatrixAxes): Configuration[] {
  const all = classes.flatMap((workerClass) =>
    workers.flatMap((count) =>
      (workerClass === 'sync' ? [1] : threads).map((threadCount) => ({
        workerClass,
        workers: count,
        threads: threadCount,
        workerConnections: DEFAULT_WORKER_CONNECTIONS,
      })),
    ),
  )
  return [...new Map(all.map((configuration) => [configurationKey(configuration), configuration])).values()]
}

/** Identity of a cell within one workload, e.g. `sync-5@64`. */
export function cellKey(configuration: Configuration, connections: number): string {
  return `${configurationKey(configuration)}@${connections}`
}
