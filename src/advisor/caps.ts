import type { MemoryModel } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { Formula } from './formulas.js'
import { configurationBytes } from './memory.js'
import { mebibytes } from './wording.js'

/** What no candidate may exceed. */
export interface Caps {
  memory: MemoryModel
  /** Bytes that one configuration may use (memory.ts `memoryBudget`). */
  memoryBudgetBytes: number
  /** Descriptors of one process; `null` where the machine does not tell. */
  openFilesLimit: number | null
}

/** Descriptors that a worker needs beside its connections: files, pipes, its own outgoing connections. */
export const DESCRIPTORS_OF_ITS_OWN = 64

/** Descriptors that one process of this configuration needs when it is full. */
export function descriptorsOf({ workerClass, threads, workerConnections }: Configuration): number {
  return threads * (workerClass === 'async' ? workerConnections : 1) + DESCRIPTORS_OF_ITS_OWN
}

/** Connections of one event loop, of so many in a process, for which its descriptors are enough. */
export function connectionsWithin(openFilesLimit: number | null, threads: number): number {
  return Math.max(1, Math.floor(((openFilesLimit ?? Infinity) - DESCRIPTORS_OF_ITS_OWN) / threads))
}

/** Why a configuration cannot be measured as it is; `null` when it can. One single-threaded worker always can. */
export function exceeds(configuration: Configuration, caps: Caps): string | null {
  const bytes = configurationBytes(configuration, caps.memory)
  const isSmallest = configuration.workers === 1 && configuration.threads === 1
  if (!isSmallest && bytes > caps.memoryBudgetBytes) {
    return `needs about ${mebibytes(bytes)} with room to grow, ${mebibytes(caps.memoryBudgetBytes)} may be used`
  }
  const descriptors = descriptorsOf(configuration)
  if (caps.openFilesLimit !== null && descriptors > caps.openFilesLimit) {
    return `needs up to ${descriptors} open files in a process, ${caps.openFilesLimit} are allowed`
  }
  return null
}

/** Fewer connections where descriptors are short; fewer processes, then threads, until memory holds it. */
export function fitTo(formula: Formula, caps: Caps): Formula {
  const notes = [formula.because]
  let fitted = formula.configuration
  const room = connectionsWithin(caps.openFilesLimit, fitted.threads)
  if (fitted.workerClass === 'async' && fitted.workerConnections > room) {
    fitted = { ...fitted, workerConnections: room }
    notes.push('capped by open files')
  }
  const shape = fitted
  while (exceedsMemory(fitted, caps)) {
    fitted =
      fitted.workers > 1
        ? { ...fitted, workers: fitted.workers - 1 }
        : { ...fitted, threads: fitted.threads - 1 }
  }
  if (fitted !== shape) notes.push('capped by memory')
  return { configuration: fitted, because: notes.join('; ') }
}

function exceedsMemory(configuration: Configuration, { memory, memoryBudgetBytes }: Caps): boolean {
  const isSmallest = configuration.workers === 1 && configuration.threads === 1
  return !isSmallest && configurationBytes(configuration, memory) > memoryBudgetBytes
}
