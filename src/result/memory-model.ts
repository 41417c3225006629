import type { MemoryModel } from './analysis.js'
import type { Configuration } from './configuration.js'

/** What the server takes before its first worker, bytes. */
export function fixedBytes({
  arbiterBytes,
  sharedBytes = 0,
}: Pick<MemoryModel, 'arbiterBytes' | 'sharedBytes'>): number {
  return arbiterBytes + sharedBytes
}

/** What each worker takes of its own with so many threads, bytes. */
export function workerBytes(
  { threads }: Pick<Configuration, 'threads'>,
  { perWorkerBytes, perThreadBytes }: Pick<MemoryModel, 'perWorkerBytes' | 'perThreadBytes'>,
): number {
  return perWorkerBytes + (threads - 1) * perThreadBytes
}

/** What a worker takes itself, without the processes that it has started, bytes. */
export function ownBytes({
  perWorkerBytes,
  helperBytes = 0,
}: Pick<MemoryModel, 'perWorkerBytes' | 'helperBytes'>): number {
  return Math.max(0, perWorkerBytes - helperBytes)
}

/** Memory of a freshly started server in this configuration, bytes. Modelled. */
export function startBytes(configuration: Configuration, model: MemoryModel): number {
  return fixedBytes(model) + configuration.workers * workerBytes(configuration, model)
}
