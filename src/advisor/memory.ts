import type { MemoryModel } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import { serverBytes, type ServerMemory } from '../result/memory.js'
import { fixedBytes, startBytes, workerBytes } from '../result/memory-model.js'
import { mebibytes, percent } from './wording.js'

/** Part of the limit that is left to everything that is not the server. */
const RESERVE = 0.2
/** Workers grow under traffic that the probe has not seen. */
const GROWTH = 1.2

/** Measured on idle Node 20 processes; used only where the target cannot tell. */
const RULE_OF_THUMB = { arbiterBytes: 45e6, perWorkerBytes: 60e6, perThreadBytes: 16e6 }
/** Of a worker, by private pages: Node and the server, without an app. */
const EMPTY_WORKER_BYTES = 45e6
/** A thread that costs nothing may be read as so much of a worker less than nothing; what is read as less was never comparable. */
const READING_ERROR = 0.1

/** Proportional set sizes of a running server and, where the kernel tells, private and shared pages apart. */
export interface MemoryReading {
  workers: number
  threads: number
  arbiterPssBytes: number | null
  workersPssBytes: number | null
  apart?: { arbiterBytes: number; workersBytes: number; sharedBytes: number }
  helpersBytes?: number
}

/** Bytes that the server may use: limit or what is free, whichever is less, minus the reserve. */
export function memoryBudget(machine: Pick<Machine, 'memoryLimitBytes' | 'memoryAvailableBytes'>): number {
  return Math.min(machine.memoryLimitBytes, machine.memoryAvailableBytes) * (1 - RESERVE)
}

/** Whether it is `--max-memory` that binds, and not what the machine has: there the kernel comes first. */
export function isAskedBudget(
  machine: Pick<Machine, 'memoryLimitBytes' | 'memoryAvailableBytes'>,
  maxMemoryBytes: number | null,
): boolean {
  return maxMemoryBytes !== null && maxMemoryBytes < memoryBudget(machine)
}

/** `819 MiB (80 % of the 1024 MiB that are free)`; a limit that was asked for counts in full. */
export function memoryBudgetText(
  machine: Pick<Machine, 'memoryLimitBytes' | 'memoryAvailableBytes' | 'memoryLimitSource'>,
  maxMemoryBytes: number | null,
): string {
  const { memoryLimitBytes, memoryAvailableBytes, memoryLimitSource } = machine
  if (maxMemoryBytes !== null && isAskedBudget(machine, maxMemoryBytes))
    return `${mebibytes(maxMemoryBytes)} (--max-memory)`
  const whole =
    memoryAvailableBytes < memoryLimitBytes
      ? `the ${mebibytes(memoryAvailableBytes)} that are free`
      : `${mebibytes(memoryLimitBytes)}, ${memoryLimitSource}`
  return `${mebibytes(memoryBudget(machine))} (${percent(1 - RESERVE)} of ${whole})`
}

/**
 * What one process and one further thread cost. A lone worker is charged by PSS with half of the code that it shares with the arbiter, and
 * five of them with a sixth each, so PSS of the probe times workers counts the code again and again; private pages do add up, and what
 * is shared comes once. PSS is taken where the kernel tells no more; RSS would count shared pages in full for every process.
 * `single` is a reading with one thread per worker, `threaded` one with several.
 *
 * @param threadsLoadApp whether each thread loads the app anew, as worker threads of Node do; then a thread that was not measured takes what the app does
 */
export function memoryModel(
  single: MemoryReading | null,
  threaded: MemoryReading | null,
  budgetBytes: number,
  threadsLoadApp = false,
): MemoryModel {
  const apart = single?.apart
  const arbiterBytes = apart?.arbiterBytes ?? single?.arbiterPssBytes ?? RULE_OF_THUMB.arbiterBytes
  const own = apart !== undefined
  const perWorker = single === null ? null : perProcess(single, own)
  const perThread = perWorker === null || threaded === null ? null : threadCost(perWorker, threaded, own)
  const costs = {
    ...(apart === undefined ? {} : { sharedBytes: apart.sharedBytes }),
    arbiterBytes,
    perWorkerBytes: perWorker ?? RULE_OF_THUMB.perWorkerBytes,
    ...(single?.helpersBytes === undefined ? {} : { helperBytes: single.helpersBytes / single.workers }),
    perThreadBytes: perThread ?? guessedThread(perWorker, threadsLoadApp),
  }
  return {
    ...costs,
    maxWorkers: workersHeld(costs, budgetBytes),
    evidence: perWorker === null ? 'rule of thumb' : perThread === null ? 'modelled' : 'measured',
    perThreadEvidence: perThread === null ? 'rule of thumb' : 'measured',
  }
}

/** Single-threaded workers with room to grow that so many bytes hold: none where not even one fits, which is measured all the same. */
export function workersHeld(
  costs: Pick<MemoryModel, 'arbiterBytes' | 'sharedBytes' | 'perWorkerBytes'>,
  budgetBytes: number,
): number {
  return Math.max(0, Math.floor((budgetBytes - fixedBytes(costs)) / (costs.perWorkerBytes * GROWTH)))
}

/** `400 MiB each with 20 % to grow, beside 90 MiB for the server itself`. */
export function workersText(
  costs: Pick<MemoryModel, 'arbiterBytes' | 'sharedBytes' | 'perWorkerBytes'>,
): string {
  return `${mebibytes(costs.perWorkerBytes)} each with ${percent(GROWTH - 1)} to grow, beside ${mebibytes(fixedBytes(costs))} for the server itself`
}

/** What a server took in the race, and what it might have. */
export interface OverBudget {
  takesBytes: number
  budgetBytes: number
}

/** Candidates are capped by what a probe of one worker can tell, threads by a rule of thumb; what they take is measured. */
export function overBudget(memory: ServerMemory, budgetBytes: number): OverBudget | undefined {
  const takesBytes = serverBytes(memory)
  return takesBytes === null || takesBytes <= budgetBytes ? undefined : { takesBytes, budgetBytes }
}

/** Memory of a server in this configuration with room to grow, bytes. */
export function configurationBytes(configuration: Configuration, model: MemoryModel): number {
  return fixedBytes(model) + (startBytes(configuration, model) - fixedBytes(model)) * GROWTH
}

/** What each worker of a configuration may still grow by within the budget, bytes. */
export function roomToGrow(
  budgetBytes: number,
  model: MemoryModel,
  configuration: Pick<Configuration, 'workers' | 'threads'>,
): number {
  const each = (budgetBytes - fixedBytes(model)) / configuration.workers
  return Math.max(0, each - workerBytes(configuration, model))
}

/** May all candidates stay up for the whole race? Otherwise each is started for its trials alone. */
export function fitTogether(
  configurations: readonly Configuration[],
  model: MemoryModel,
  budgetBytes: number,
): boolean {
  return configurations.reduce((sum, one) => sum + startBytes(one, model), 0) <= budgetBytes
}

/** `own`: private pages alone, as the other figures of the model. */
function perProcess({ workersPssBytes, workers, apart }: MemoryReading, own: boolean): number | null {
  const bytes = own ? (apart?.workersBytes ?? null) : workersPssBytes
  return bytes === null || bytes === 0 ? null : bytes / workers
}

function threadCost(perWorkerBytes: number, threaded: MemoryReading, own: boolean): number | null {
  const withThreads = perProcess(threaded, own)
  if (withThreads === null || threaded.threads < 2) return null
  if (withThreads < (1 - READING_ERROR) * perWorkerBytes) return null
  return Math.max(0, (withThreads - perWorkerBytes) / (threaded.threads - 1))
}

function guessedThread(perWorkerBytes: number | null, threadsLoadApp: boolean): number {
  const appBytes = Math.max(0, (perWorkerBytes ?? 0) - EMPTY_WORKER_BYTES)
  return RULE_OF_THUMB.perThreadBytes + (threadsLoadApp ? appBytes : 0)
}
