import type { Workload } from '../result/analysis.js'
import { loopsOf } from '../result/configuration.js'
import type { ServerOutcome, Trial } from '../result/trial.js'
import type { Demand } from './demand.js'
import { saturationConnections } from './load-plan.js'

/** What happened when one async worker got more connections than it can serve. Shares are 0 to 1. */
export interface Saturation {
  limitedBy: Exclude<Workload['limitedBy'], 'unknown'>
  /** X * C / N, by the utilisation law: not diluted by what happens outside the window. */
  cpuUtilization: number
  loopUtilization: number
  /** C under load, where caches are warm and batches amortise; `null` when unknown. */
  cpuMs: number | null
  /** X * R1: how many requests were really being worked on, however many were sent. */
  effectiveConcurrency: number
}

/** Share of a resource in use from which on it counts as what runs out. */
export const FULL = 0.85
/** Below it a resource has room; from it on work that queues may queue for it. */
export const SPARE = 0.7
/** A loop that is free for so much of a request alone leaves the computing to other threads: the cut-off of offloop-cpu. */
const OFF_LOOP = 0.5
const QUEUEING = 2
/** The idle time of a loop per stay of a request, against the wait of a request alone: up to here the one explains the other. */
const IN_STEP = 1.3

/** `null` when the trial cannot be used: nothing answered, errors, or counters missing. */
export function readSaturation(trial: Trial, demand: Demand, effectiveCpus: number): Saturation | null {
  const generatorLimited = trial.validity.reasons.some(({ id }) => id === 'generator-saturated')
  const otherwiseInvalid = trial.validity.reasons.some(({ id }) => id !== 'generator-saturated')
  const { server, latencyUs, throughputRps } = trial
  if (otherwiseInvalid || server === null || latencyUs.mean === null) return null
  const cpuMs = server.cpuSecondsPerRequest === null ? null : server.cpuSecondsPerRequest * 1000
  const loopMs =
    server.loopSecondsPerRequest === null
      ? heldMs(demand, cpuMs) + queuedMs(server)
      : server.loopSecondsPerRequest * 1000
  const cpuUtilization = (throughputRps * (cpuMs ?? demand.cpuMs)) / 1000 / effectiveCpus
  const loopBusy = (throughputRps * loopMs) / 1000 / loopsOf(trial.configuration)
  const loopUtilization = Math.min(1, Math.max(loopBusy, server.loopUtilization ?? 0))
  const queueing = latencyUs.mean / 1000 >= QUEUEING * demand.residenceMs
  const idleMs = ((1 - loopUtilization) * latencyUs.mean) / 1000
  return {
    limitedBy: generatorLimited
      ? 'generator'
      : firstExhausted(cpuUtilization, loopUtilization, queueing && !waitsInStep(idleMs, demand), demand),
    cpuUtilization,
    loopUtilization,
    cpuMs,
    effectiveConcurrency: (throughputRps * demand.residenceMs) / 1000,
  }
}

/** A request that holds its worker only while it computes holds it for C under load, which is less than C alone. Milliseconds. */
export function heldMs(
  { loopMs, cpuMs }: Pick<Demand, 'loopMs' | 'cpuMs'>,
  loadedCpuMs: number | null,
): number {
  return loopMs <= cpuMs && loadedCpuMs !== null ? Math.min(loopMs, loadedCpuMs) : loopMs
}

/** A worker that waits for a core is held as well: event-loop figures contain that time, inferred ones do not. */
function queuedMs({ runQueueSecondsPerRequest }: ServerOutcome): number {
  return (runQueueSecondsPerRequest ?? 0) * 1000
}

/**
 * Requests that a loop answers one after the other come back together, and wait together: the loop stands idle for one wait in every round,
 * and they queued behind each other, not behind the app. A limit there leaves it idle for longer than one wait.
 */
function waitsInStep(idleMs: number, { waitMs }: Demand): boolean {
  return idleMs <= IN_STEP * waitMs
}

function firstExhausted(
  cpuUtilization: number,
  loopUtilization: number,
  queueing: boolean,
  demand: Demand,
): Saturation['limitedBy'] {
  if (cpuUtilization >= FULL) return 'cpu'
  if (loopUtilization >= FULL) return 'event-loop'
  if (!queueing) return 'nothing'
  // Requests queue although neither CPU nor loop is full. What computes queues for whatever is nearly used up, and off the loop
  // for threads; anything else queues outside of the app: a connection pool, a database, another service.
  if (demand.cpuShare >= SPARE) {
    if (cpuUtilization >= SPARE) return 'cpu'
    if (loopUtilization >= SPARE) return 'event-loop'
    if (demand.loopShare <= OFF_LOOP) return 'thread-pool'
  }
  return cpuUtilization < SPARE && loopUtilization < SPARE ? 'downstream' : 'nothing'
}

/** More is worth a second trial. */
const CLEARLY_MORE = 1.5

/**
 * Connections with which the app should run into its limit, when it did not in `trial`: at one connection the code is cold, and what fills a
 * loop with cold requests leaves it half idle with warm ones. `null` where the trial showed a limit, or as many were tried already.
 */
export function furtherOverload(trial: Trial, demand: Demand, effectiveCpus: number): number | null {
  const load = readSaturation(trial, demand, effectiveCpus)
  if (load?.limitedBy !== 'nothing') return null
  const loopSeconds = trial.server?.loopSecondsPerRequest ?? null
  const warm: Demand = {
    ...demand,
    cpuMs: load.cpuMs ?? demand.cpuMs,
    loopMs: loopSeconds === null ? demand.loopMs : loopSeconds * 1000,
  }
  const connections = saturationConnections(warm, effectiveCpus)
  return connections >= CLEARLY_MORE * trial.load.connections ? connections : null
}
