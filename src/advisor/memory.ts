import type { MemoryModel } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'

/** Part of the limit that is left to everything that is not the server. */
const RESERVE = 0.2
/** Workers grow under traffic that the probe has not seen. */
const GROWTH = 1.2

/** Measured on idle Node 20 processes; used only where the target cannot tell. */
const RULE_OF_THUMB = { arbiterBytes: 45e6, perWorkerBytes: 60e6, perThreadBytes: 16e6 }

/** Proportional set sizes of a running server. */
export interface MemoryReading {
  workers: number
  threads: number
  arbiterPssBytes: number | null
  workersPssBytes: number | null
}

/** Bytes that the server may use: limit or what is free, whichever is less, minus the reserve. */
export function memoryBudget(machine: Pick<Machine, 'memoryLimitBytes' | 'memoryAvailableBytes'>): number {
  return Math.min(machine.memoryLimitBytes, machine.memoryAvailableBytes) * (1 - RESERVE)
}

/**
 * What one process and one further thread cost, by PSS (RSS counts shared pages once for every process, three to
 * six times too much). `single` is a reading with one thread per worker, `threaded` one with several.
 */
export function memoryModel(
  single: MemoryReading | null,
  threaded: MemoryReading | null,
  budgetBytes: number,
): MemoryModel {
  const arbiterBytes = single?.arbiterPssBytes ?? RULE_OF_THUMB.arbiterBytes
  const perWorker = single === null ? null : perProcess(single)
  const perThread = perWorker === null || threaded === null ? null : threadCost(perWorker, threaded)
  const costs = {
    arbiterBytes,
    perWorkerBytes: perWorker ?? RULE_OF_THUMB.perWorkerBytes,
    perThreadBytes: perThread ?? RULE_OF_THUMB.perThreadBytes,
  }
  const maxWorkers = Math.floor((budgetBytes - costs.arbiterBytes) / (costs.perWorkerBytes * GROWTH))
  return {
    ...costs,
    maxWorkers: Math.max(1, maxWorkers),
    evidence: perWorker === null ? 'rule of thumb' : perThread === null ? 'modelled' : 'measured',
  }
}

/** Memory of a freshly started server in this configuration. Modelled. */
export function startBytes({ workers, threads }: Configuration, model: MemoryModel): number {
  return model.arbiterBytes + workers * (model.perWorkerBytes + (threads - 1) * model.perThreadBytes)
}

/** The same with room to grow. */
export function configurationBytes(configuration: Configuration, model: MemoryModel): number {
  return model.arbiterBytes + (startBytes(configuration, model) - model.arbiterBytes) * GROWTH
}

/** What each of so many workers may still grow by, bytes. */
export function roomToGrow(
  { memoryLimitBytes }: Pick<Machine, 'memoryLimitBytes'>,
  { arbiterBytes, perWorkerBytes }: MemoryModel,
  workers: number,
): number {
  const each = (memoryLimitBytes * (1 - RESERVE) - arbiterBytes) / workers
  return Math.max(0, each - perWorkerBytes)
}

/** May all candidates stay up for the whole race? Otherwise each is started for its trials alone. */
export function fitTogether(
  configurations: readonly Configuration[],
  model: MemoryModel,
  budgetBytes: number,
): boolean {
  return configurations.reduce((sum, one) => sum + startBytes(one, model), 0) <= budgetBytes
}

function perProcess({ workersPssBytes, workers }: MemoryReading): number | null {
  return workersPssBytes === null || workersPssBytes === 0 ? null : workersPssBytes / workers
}

function threadCost(perWorkerBytes: number, threaded: MemoryReading): number | null {
  const withThreads = perProcess(threaded)
  if (withThreads === null || threaded.threads < 2) return null
  return Math.max(0, (withThreads - perWorkerBytes) / (threaded.threads - 1))
}
