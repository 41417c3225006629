import { usageError } from '../result/error.js'
import type { ServerName } from '../result/server.js'
import { heuristicConfigurations } from '../advisor/heuristic.js'
import {
  configurationKey,
  DEFAULT_WORKER_CONNECTIONS,
  type Configuration,
  type WorkerClass,
} from '../result/configuration.js'
import { hostKey } from '../result/host-key.js'

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
export const AS_IT_RUNS: Configuration = {
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
      : matrixCells(axes, effectiveCpus, supports)
    if (cells.length === 0) {
      throw usageError(
        `${name ?? 'The server'} can run none of the configurations that were asked for`,
        'Leave out --classes, or name async for servers of event loops and threaded for servers of threads',
      )
    }
    return cells.map((cell) => ({ ...cell, server: name }))
  })
}

/**
 * What to say of a class of which the axes leave the rule 2N+1 alone: then nothing says whether another configuration of it
 * would be better. Where that is so of all classes of all servers, these are what is compared, and nothing needs saying.
 */
export function loneRuleWarnings(cells: readonly MatrixCell[]): string[] {
  const groups = new Map<string, Map<string, MatrixCell>>()
  for (const cell of cells) {
    const { workerClass } = cell.configuration
    const name = cell.server === null ? workerClass : `${cell.server} ${workerClass}`
    const group = groups.get(name) ?? new Map<string, MatrixCell>()
    groups.set(name, group.set(configurationKey(cell.configuration), cell))
  }
  const lone = [...groups].flatMap(([name, group]) => {
    const [only, ...others] = group.values()
    return only?.heuristic === true && others.length === 0 ? [{ name, only }] : []
  })
  if (lone.length === groups.size && lone.length > 1) return []
  return lone.map(
    ({ name, only }) =>
      `${name}: of the lists given only the rule 2N+1 (${configurationKey(only.configuration)}) is left, so nothing of its class is there to compare it with; name other --workers or --threads`,
  )
}

/**
 * Every configuration of the axes at every number of connections, once. `sync` has no threads, so it appears once per number
 * of workers; `async` with T threads runs T event loops in each worker, and appears once too where the server has no such
 * threads. The rule 2N+1 of each class is always among them, whatever the axes say.
 */
export function matrixCells(
  axes: MatrixAxes,
  effectiveCpus: number,
  supports: MatrixServer['supports'] = () => true,
): Omit<MatrixCell, 'server'>[] {
  const { classes, connections } = axes
  const rules = heuristicConfigurations(effectiveCpus)
  const ruleKeys = new Set(classes.map((workerClass) => configurationKey(rules[workerClass])))
  const all = classes.flatMap((workerClass) => [
    ...fromAxes(axes, workerClass, supports),
    ...[rules[workerClass]].filter(supports),
  ])
  const configurations = new Map(all.map((configuration) => [configurationKey(configuration), configuration]))
  return [...configurations].flatMap(([key, configuration]) =>
    connections.map((count) => ({ configuration, connections: count, heuristic: ruleKeys.has(key) })),
  )
}

function fromAxes(
  { workers, threads }: MatrixAxes,
  workerClass: WorkerClass,
  supports: MatrixServer['supports'],
): Configuration[] {
  const of = (threadCounts: readonly number[]): Configuration[] =>
    workers
      .flatMap((count) =>
        threadCounts.map((threadCount) => ({
          workerClass,
          workers: count,
          threads: threadCount,
          workerConnections: DEFAULT_WORKER_CONNECTIONS,
        })),
      )
      .filter(supports)
  const withThreads = workerClass === 'sync' ? [] : of(threads)
  return withThreads.length > 0 ? withThreads : of([1])
}

/** Identity of a cell within one workload, e.g. `sync-5@64`. */
export function cellKey(cell: Pick<MatrixCell, 'server' | 'configuration' | 'connections'>): string {
  return `${hostKey(cell)}@${cell.connections}`
}
