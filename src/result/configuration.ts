import { z } from 'zod'

/** How a worker serves: one request at a time, T threads with one request each, or an event loop with many. */
export const workerClassSchema = z.enum(['sync', 'threaded', 'async'])
export type WorkerClass = z.infer<typeof workerClassSchema>
export const WORKER_CLASSES = workerClassSchema.options

const count = z.int().positive()

/** What `tune` varies and recommends. `workerConnections` is per event loop and means something for `async` only. */
export const configurationSchema = z.strictObject({
  workerClass: workerClassSchema,
  workers: count,
  threads: count,
  workerConnections: count,
  /** Threads of libuv's pool in each process (UV_THREADPOOL_SIZE of its environment); absent: Node's own four. */
  threadPool: count.optional(),
})
export type Configuration = z.infer<typeof configurationSchema>

/** Gunicorn's default, and what the `async` class holds per event loop unless told otherwise. */
export const DEFAULT_WORKER_CONNECTIONS = 1000

/** Requests (sync, threaded) or connections (async) that the configuration serves at the same time. */
export function capacityOf(configuration: Configuration): number {
  const { workerClass, workers, threads, workerConnections } = configuration
  if (workerClass === 'sync') return workers
  if (workerClass === 'threaded') return workers * threads
  return workers * threads * workerConnections
}

/** Event loops, which is how many CPU cores the configuration can keep busy with JavaScript. */
export function loopsOf(configuration: Configuration): number {
  return configuration.workerClass === 'sync'
    ? configuration.workers
    : configuration.workers * configuration.threads
}

/** Same configuration in everything that the server can tell apart. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  return configurationKey(a) === configurationKey(b)
}

/** Says how many threads libuv's pool has, in the environment that a process is started with. */
export const THREAD_POOL_VARIABLE = 'UV_THREADPOOL_SIZE'
/** What libuv takes without UV_THREADPOOL_SIZE, and at most with it. */
export const DEFAULT_THREAD_POOL = 4
export const MOST_THREAD_POOL = 1024

/** Variables that the processes of this configuration are started with. */
export function configurationEnvironment({ threadPool }: Configuration): Record<string, string> {
  return threadPool === undefined ? {} : { [THREAD_POOL_VARIABLE]: String(threadPool) }
}

/** What libuv makes of an environment: what is no number is none, and one thread there always is. Absent where nothing is said. */
export function threadPoolOf(environment: Record<string, string | undefined>): number | undefined {
  const text = environment[THREAD_POOL_VARIABLE]
  if (text === undefined) return undefined
  return Math.min(MOST_THREAD_POOL, Math.max(1, Number.parseInt(text, 10) || 0))
}

/** Stable identity, e.g. `sync-5`, `threaded-3x3`, `async-2x1000`, `async-2x4x1000` with threads, `async-1x1000-pool8`. */
export function configurationKey(configuration: Configuration): string {
  const pool = configuration.threadPool === undefined ? '' : `-pool${configuration.threadPool}`
  return `${shapeKey(configuration)}${pool}`
}

/** The same for all that differ in nothing but their number of workers. */
export function workerKey(configuration: Configuration): string {
  return configurationKey({ ...configuration, workers: 1 })
}

function shapeKey({ workerClass, workers, threads, workerConnections }: Configuration): string {
  if (workerClass === 'sync') return `sync-${workers}`
  if (workerClass === 'threaded') return `threaded-${workers}x${threads}`
  return threads === 1
    ? `async-${workers}x${workerConnections}`
    : `async-${workers}x${threads}x${workerConnections}`
}

/** The flags of `tune serve` that start this configuration. */
export function configurationFlags(configuration: Configuration): string {
  const { workerClass, workers, threads, workerConnections } = configuration
  const flags = [`--worker-class ${workerClass}`, `--workers ${workers}`]
  if (workerClass === 'threaded' || (workerClass === 'async' && threads > 1))
    flags.push(`--threads ${threads}`)
  if (workerClass === 'async') flags.push(`--worker-connections ${workerConnections}`)
  return flags.join(' ')
}

/** The command that serves the app in this configuration, environment included. */
export function serveCommand(app: string, configuration: Configuration): string {
  const variables = Object.entries(configurationEnvironment(configuration)).map(
    ([name, value]) => `${name}=${value} `,
  )
  return `${variables.join('')}tune serve ${app} ${configurationFlags(configuration)}`
}

/** As the flags --current and --candidate take it. */
export function configurationText(configuration: Configuration): string {
  const { workerClass, workers, threads, workerConnections, threadPool } = configuration
  const parts = [`class=${workerClass}`, `workers=${workers}`]
  if (threads > 1) parts.push(`threads=${threads}`)
  if (workerConnections !== DEFAULT_WORKER_CONNECTIONS) parts.push(`connections=${workerConnections}`)
  if (threadPool !== undefined) parts.push(`pool=${threadPool}`)
  return parts.join(',')
}
