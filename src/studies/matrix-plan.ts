import { usageError } from '../result/error.js'
import type { ServerName } from '../result/server.js'
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
  /** `null` where only the bundled server is measured. */
  server: ServerName | null
}

/** What a server can run. */
export interface MatrixServer {
  name: ServerName | null
  supports: (configuration: Configuration) => boolean
  /** It runs already, and only the load can be varied. */
  runsAlready: boolean
}

/** A running server does not tell what it is: an event loop that takes what comes, until somebody knows better. */
const AS_IT_RUNS: Configuration = {
  workerClass: 'async',
  workers: 1,
  threads: 1,
  workerConnections: DEFAULT_WORKER_CONNECTIONS,
}

/**
 * The matrix of each server, as far as that server can run it.
 * @throws TuneError (usage) when nothing is left of one
 */
export function serverCells(
  servers: readonly MatrixServer[],
  axes: MatrixAxes,
  effectiveCpus: number,
): MatrixCell[] {
  return servers.flatMap(({ name, supports, runsAlready }) => {
    const cells = runsAlready
      ? axes.connections.map((connections) => ({ configuration: AS_IT_RUNS, connections, heuristic: false }))
      : matrixCells(axes, effectiveCpus).filter(({ configuration }) => supports(configuration))
    if (cells.length === 0) {
      throw usageError(
        `${name ?? 'The server'} can run none of the configurations that were asked for`,
        'Leave out --classes, or name async for servers of event loops and threaded for servers of threads',
      )
    }
    return cells.map((cell) => ({ ...cell, server: name }))
  })
}

/** Identity of a server in one configuration, e.g. `sync-5`, or `pm2:async-5x1000` among several servers. */
export function hostKey({ server, configuration }: Pick<MatrixCell, 'server' | 'configuration'>): string {
  const key = configurationKey(configuration)
  return server === null ? key : `${server}:${key}`
}

/**
 * Every configuration of the axes at every number of connections, once. `sync` has no threads, so it appears once per number
 * of workers; `async` with T threads runs T event loops in each worker. The rule 2N+1 of each class is always among
 * them, whatever the axes say.
 */
export function matrixCells(axes: MatrixAxes, effectiveCpus: number): Omit<MatrixCell, 'server'>[] {
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
export function cellKey(cell: Pick<MatrixCell, 'server' | 'configuration' | 'connections'>): string {
  return `${hostKey(cell)}@${cell.connections}`
}
