import { heuristicConfigurations } from '../advisor/heuristic.js'
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

/** A configuration at a number of client connections. */
export interface MatrixCell {
  configuration: Configuration
  connections: number
  /** The rule 2N+1 in this class. */
  heuristic: boolean
}

/**
 * Every configuration of the axes at every number of connections, once. `sync` has no threads, so it appears once per number
 * of workers; `async` with T threads runs T event loops in each worker. The rule 2N+1 of each class is always among
 * them, whatever the axes say.
 */
export function matrixCells(axes: MatrixAxes, effectiveCpus: number): MatrixCell[] {
  const { classes, connections } = axes
  const rules = heuristicConfigurations(effectiveCpus)
  const ruleKeys = new Set(classes.map((workerClass) => configurationKey(rules[workerClass])))
  const all = classes.flatMap((workerClass) => [...fromAxes(axes, workerClass), rules[workerClass]])
  const configurations = new Map(all.map((configuration) => [configurationKey(configuration), configuration]))
  return [...configurations].flatMap(([key, configuration]) =>
    connections.map((count) => ({ configuration, connections: count, heuristic: ruleKeys.has(key) })),
  )
}

function fromAxes({ workers, threads }: MatrixAxes, workerClass: WorkerClass): Configuration[] {
  const threadCounts = workerClass === 'sync' ? [1] : threads
  return workers.flatMap((count) =>
    threadCounts.map((threadCount) => ({
      workerClass,
      workers: count,
      threads: threadCount,
      workerConnections: DEFAULT_WORKER_CONNECTIONS,
    })),
  )
}

/** Identity of a cell within one workload, e.g. `sync-5@64`. */
export function cellKey(configuration: Configuration, connections: number): string {
  return `${configurationKey(configuration)}@${connections}`
}
