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

/** Stable identity, e.g. `sync-5`, `threaded-3x3`, `async-2x1000` or `async-2x4x1000` with threads. */
export function configurationKey(configuration: Configuration): string {
  const { workerClass, workers, threads, workerConnections } = configuration
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
