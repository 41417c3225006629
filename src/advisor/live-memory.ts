import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import { fixedBytes as fixedBytesOf } from '../result/memory-model.js'
import { memoryBudget, memoryModel, type MemoryReading } from './memory.js'
import { mebibytes } from './wording.js'

/** How many workers memory holds, by what those that run are seen to take with all their threads. */
export interface WorkerRoom {
  perWorkerBytes: number
  /** The arbiter, and what all share. */
  fixedBytes: number
  /** What the whole server may use. */
  budgetBytes: number
  maxWorkers: number
}

/** `null` where nobody tells what a worker takes. */
export function workerRoom(
  reading: MemoryReading,
  { memoryLimitBytes, memoryAvailableBytes }: Pick<Machine, 'memoryLimitBytes' | 'memoryAvailableBytes'>,
): WorkerRoom | null {
  const seen = memoryModel(reading, null, 0)
  if (seen.evidence === 'rule of thumb') return null
  const { perWorkerBytes } = seen
  // What the server has already is no longer available, and yet its own.
  const fixedBytes = fixedBytesOf(seen)
  const ownBytes = fixedBytes + reading.workers * perWorkerBytes
  const budgetBytes = memoryBudget({
    memoryLimitBytes,
    memoryAvailableBytes: memoryAvailableBytes + ownBytes,
  })
  const { maxWorkers } = memoryModel(reading, null, budgetBytes)
  return { perWorkerBytes, fixedBytes, budgetBytes, maxWorkers }
}

/** More workers, as many as memory holds: `null` where it holds no more than run. With a sentence where memory has a say, or nobody can tell. */
export function moreWorkers(
  configuration: Configuration,
  wanted: number,
  room: WorkerRoom | null,
): { suggestion: Configuration | null; reasons: string[] } {
  if (room === null) {
    const reasons = ['What a worker takes cannot be read, so memory is not considered.']
    return { suggestion: { ...configuration, workers: wanted }, reasons }
  }
  const { perWorkerBytes, fixedBytes, budgetBytes, maxWorkers } = room
  if (wanted <= maxWorkers) return { suggestion: { ...configuration, workers: wanted }, reasons: [] }
  const seen = `a worker is seen to take ${mebibytes(perWorkerBytes)} beside ${mebibytes(fixedBytes)} for all`
  const figures = `${seen}, and the server may use ${mebibytes(budgetBytes)}`
  if (maxWorkers <= configuration.workers) {
    return { suggestion: null, reasons: [`Memory holds no more workers: ${figures}.`] }
  }
  return {
    suggestion: { ...configuration, workers: maxWorkers },
    reasons: [`It takes ${wanted} workers, and memory holds ${maxWorkers}: ${figures}.`],
  }
}
