import type { Workload } from '../result/analysis.js'
import {
  DEFAULT_THREAD_POOL,
  DEFAULT_WORKER_CONNECTIONS,
  MOST_THREAD_POOL,
  type Configuration,
  type WorkerClass,
} from '../result/configuration.js'
import { slowEachOther } from '../result/slowed.js'
import { heuristicWorkers } from './heuristic.js'
import { loopKnee } from './model.js'
import { number, proceedText } from './wording.js'

/** A configuration and the sentence that says which formula gave it. */
export interface Formula {
  configuration: Configuration
  because: string
}

/** Processes take time to boot and cores to share; beyond this per core they are not worth measuring. */
const MOST_PROCESSES_PER_CORE = 16
const MOST_LOOPS_PER_CORE = 32
/** A knee of 8.03 is 8: the measured W/C is not more exact than that. */
const MEASURING_ERROR = 0.25
/** Two processes survive the crash of one, and one can be replaced while the other serves. */
const PROCESSES_FOR_ISOLATION = 2

/** Whole cores: a fraction still needs a worker. */
export function wholeCores(effectiveCpus: number): number {
  return Math.max(1, Math.ceil(effectiveCpus))
}

/** Threads that take one request each for a knee, as many as the cores can reasonably switch between. */
export function loopsFor(knee: number, cores: number): { count: number; capped: boolean; note: string } {
  return capped(wholeSlots(knee), MOST_LOOPS_PER_CORE * cores)
}

function wholeSlots(knee: number): number {
  return Math.max(1, Math.ceil(knee - MEASURING_ERROR))
}

/** The configurations that the model proposes for this nature of work, the most promising first. */
export function formulasFor(workload: Workload, effectiveCpus: number): Formula[] {
  const cores = wholeCores(effectiveCpus)
  const asyncN = formula(configuration('async', cores), asyncReason(workload, effectiveCpus))
  const asyncOne = formula(
    configuration('async', 1),
    'one event loop: what a second one adds shows against it',
  )
  const syncN = formula(
    configuration('sync', cores),
    `one worker for each of the ${number(effectiveCpus)} effective cores`,
  )
  switch (workload.class) {
    case 'cpu':
      return [asyncN, syncN, asyncOne]
    case 'offloop-cpu':
      return [...poolFormulas(effectiveCpus), asyncN, asyncOne, syncN]
    case 'blocking-io':
      return [...kneeFormulas(workload, effectiveCpus, [1, 2]), asyncN]
    case 'mixed':
      return [asyncN, ...kneeFormulas(workload, effectiveCpus, [1]), asyncOne]
    case 'async-io':
      return [asyncN, asyncOne, ...kneeFormulas(workload, effectiveCpus, [1])]
    case 'downstream':
      return [...poolPerProcess(workload, effectiveCpus), asyncOne, asyncN]
  }
}

/**
 * What computes outside of the event loop does so in libuv's pool as a rule. That fills as many cores as it has threads, so one process
 * with a thread for each core is the cheapest that fills the machine. Node's own four are left alone where they are that many.
 */
function poolFormulas(effectiveCpus: number): Formula[] {
  const cores = wholeCores(effectiveCpus)
  if (cores === DEFAULT_THREAD_POOL) return []
  const because = `CPU is spent outside of the event loop: if that is in libuv's pool, one process with a thread for each of the ${number(effectiveCpus)} effective cores fills them, instead of Node's ${DEFAULT_THREAD_POOL}`
  return [formula({ ...configuration('async', 1), threadPool: cores }, because)]
}

export function configuration(workerClass: WorkerClass, workers: number, threads = 1): Configuration {
  return { workerClass, workers, threads, workerConnections: DEFAULT_WORKER_CONNECTIONS }
}

/**
 * A pool lies in the process as a rule, so that every further process brings another one: then throughput grows with processes until the
 * cores are full or the service behind it is. A limit outside of the app would not move, which is what this candidate shows.
 */
function poolPerProcess(workload: Workload, effectiveCpus: number): Formula[] {
  const { kneeConcurrency, downstreamConcurrency, poolThreads } = workload
  if (kneeConcurrency === null || downstreamConcurrency === undefined) return []
  // Twice the rule shows whether processes help at all; the cure is a larger pool.
  const most = 2 * heuristicWorkers(effectiveCpus)
  const { count, note } = capped(Math.ceil(kneeConcurrency / downstreamConcurrency), most)
  const because = `${number(kneeConcurrency)} under way fill the cores, and ${proceedText(downstreamConcurrency)}: ${slowEachOther(workload) ? 'more processes have fewer each' : 'if each process has a pool of its own, more processes have more'}${note}`
  const larger = poolThreads === undefined ? [] : largerPool(workload, poolThreads, count, effectiveCpus)
  return [formula(configuration('async', count), because), ...larger]
}

/**
 * Where it may be libuv's pool that requests wait in: as many threads as those processes have together, in no more event loops than they
 * fill. Then the load of the race fills both alike, and what is cheaper wins.
 */
function largerPool(
  workload: Workload,
  poolThreads: number,
  processes: number,
  effectiveCpus: number,
): Formula[] {
  if (processes === 1) return []
  const threads = processes * poolThreads
  const workers = Math.min(wholeCores(effectiveCpus), Math.ceil(threads / (loopKnee(workload) ?? threads)))
  const threadPool = Math.min(MOST_THREAD_POOL, Math.ceil(threads / workers))
  const because = `as many proceed at a time as libuv's pool has threads: if they wait in it, for files or DNS look-ups, ${workers * threadPool} threads do what ${processes} processes would`
  return [formula({ ...configuration('async', workers), threadPool }, because)]
}

/**
 * One-at-a-time workers at multiples of the knee: as processes, and as threads in a few processes. A knee that no
 * reasonable number of processes reaches is left out: for waiting like that there are event loops.
 */
function kneeFormulas(workload: Workload, effectiveCpus: number, multiples: readonly number[]): Formula[] {
  const { kneeConcurrency, cpuMsPerRequest, waitMsPerRequest } = workload
  if (kneeConcurrency === null) return []
  const cores = wholeCores(effectiveCpus)
  const blocking = workload.class === 'blocking-io'
  return multiples.flatMap((multiple) => {
    const wanted = wholeSlots(multiple * kneeConcurrency)
    const formulaText =
      `${multiple === 1 ? '' : `${multiple} x `}N(1 + W/C) = ${multiple === 1 ? '' : `${multiple} x `}` +
      `${number(effectiveCpus)} x (1 + ${number(waitMsPerRequest)}/${number(cpuMsPerRequest)}) = ${number(multiple * kneeConcurrency)}`
    const asProcesses = capped(wanted, MOST_PROCESSES_PER_CORE * cores)
    const asLoops = loopsFor(multiple * kneeConcurrency, cores)
    const processes = Math.max(PROCESSES_FOR_ISOLATION, cores)
    const threads = Math.ceil(asLoops.count / processes)
    const formulas: Formula[] = []
    // Only blocking work has no event loop to fall back on, so only there a capped knee is still worth a trial.
    if (multiple === 1 && (blocking || !asProcesses.capped)) {
      formulas.push(formula(configuration('sync', asProcesses.count), formulaText + asProcesses.note))
    }
    if (threads > 1 && (blocking || !asLoops.capped)) {
      formulas.push(
        formula(configuration('threaded', processes, threads), `${formulaText}, as threads${asLoops.note}`),
      )
    }
    return formulas
  })
}

function capped(wanted: number, most: number): { count: number; capped: boolean; note: string } {
  const isCapped = wanted > most
  return { count: Math.min(wanted, most), capped: isCapped, note: isCapped ? `, capped at ${most}` : '' }
}

function asyncReason(workload: Workload, effectiveCpus: number): string {
  const cores = `${number(effectiveCpus)} effective cores`
  if (workload.class === 'cpu') return `one event loop for each of the ${cores}, with keep-alive`
  return `one event loop for each of the ${cores}: a loop holds all the waiting, workers only add CPU`
}

function formula(configuration: Configuration, because: string): Formula {
  return { configuration, because }
}
