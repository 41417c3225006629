import { median } from 'simple-statistics'
import type { EnvironmentOutcome, LoadOutcome, ServerOutcome, ValidityReason } from '../result/trial.js'
import { TOLERATED_FOREIGN_CORES } from './crowded.js'
import { judgeSteadiness } from './steadiness.js'

/** Limits of docs/validity.md. */
const LIMITS = {
  stealShare: 0.02,
  throttledShare: 0.05,
  memoryPressure: 0.01,
  /** Busiest worker against the mean. */
  uneven: 1.5,
  requestsPerWorker: 30,
  /** Mean delay of the generator's loop against the median latency. */
  delayShare: 0.1,
  delayMs: 1,
  /** Opening connections against the mean latency, where most requests need one. */
  connectShare: 0.05,
  /** A slice with less than this part of the median slice is a pause. */
  pausedSlice: 0.1,
  answersPerSlice: 10,
} as const

/** Stable, as the reasons are. */
export const VALIDITY_WARNING_IDS = [
  'cpu-steal',
  'busy-neighbours',
  'cpu-throttled',
  'memory-pressure',
  'listen-drops',
  'uneven-workers',
  'generator-delayed',
  'slow-connects',
  'paused',
  'unsteady',
] as const
type WarningId = (typeof VALIDITY_WARNING_IDS)[number]

/**
 * What disturbed a trial without making its figures wrong: they say what happened, under conditions that were not quiet.
 * Blocks absorb it, as far as it falls on all configurations alike; the reader should know.
 */
export function disturbances(
  outcome: LoadOutcome,
  server: ServerOutcome | null,
  environment: EnvironmentOutcome | null,
): ValidityReason[] {
  return [
    ...(environment === null ? [] : fromEnvironment(environment)),
    unevenWorkers(server),
    generatorDelayed(outcome),
    slowConnects(outcome),
    paused(outcome),
    unsteady(outcome, environment),
  ].filter((warning) => warning !== null)
}

function fromEnvironment(environment: EnvironmentOutcome): (ValidityReason | null)[] {
  const { stealShare, foreignCores, throttledShare, memoryPressure, listenDrops } = environment
  return [
    above(
      'cpu-steal',
      stealShare,
      LIMITS.stealShare,
      (is) => `the hypervisor gave ${percent(is)} of the CPU time to others`,
    ),
    above(
      'busy-neighbours',
      foreignCores,
      TOLERATED_FOREIGN_CORES,
      (is) => `other processes used ${is.toFixed(1)} cores`,
    ),
    above(
      'cpu-throttled',
      throttledShare,
      LIMITS.throttledShare,
      (is) => `the CPU quota ran out in ${percent(is)} of its periods: server and generator share it`,
    ),
    above(
      'memory-pressure',
      memoryPressure,
      LIMITS.memoryPressure,
      (is) => `some process waited for memory in ${percent(is)} of the time`,
    ),
    above('listen-drops', listenDrops, 0, (is) => `${is} connection(s) found a listen queue full`),
  ]
}

/** Few connections, or none that end, leave it to chance which worker has them. */
function unevenWorkers(server: ServerOutcome | null): ValidityReason | null {
  const counts = server?.requestsPerWorker ?? []
  const mean = counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length)
  if (counts.length < 2 || mean < LIMITS.requestsPerWorker) return null
  return above(
    'uneven-workers',
    Math.max(...counts) / mean,
    LIMITS.uneven,
    (is) => `the busiest worker answered ${is.toFixed(1)} times the mean`,
  )
}

/** Latencies are read by the generator's own event loop: what it waits is in them. */
function generatorDelayed({ generatorDelayMs, latencyUs }: LoadOutcome): ValidityReason | null {
  const { mean } = generatorDelayMs
  if (latencyUs.p50 === null || mean < LIMITS.delayMs) return null
  return above(
    'generator-delayed',
    (mean * 1000) / latencyUs.p50,
    LIMITS.delayShare,
    (is) => `the generator's event loop ran ${mean.toFixed(1)} ms late, ${percent(is)} of the median latency`,
  )
}

/**
 * Where the server closes its connections, opening the next one is part of every request, and on the loopback that is the client's work.
 * Clients who are answered at the same moment wait for each other there, as one process opens their connections one after the other.
 */
function slowConnects({ connects, connectMeanUs, requests, latencyUs }: LoadOutcome): ValidityReason | null {
  if (connects < requests.done / 2 || latencyUs.mean === null) return null
  return above(
    'slow-connects',
    (connectMeanUs ?? 0) / latencyUs.mean,
    LIMITS.connectShare,
    (is) =>
      `opening a connection took ${Math.round(connectMeanUs ?? 0)} µs, ${percent(is)} of the mean latency`,
  )
}

/** A tenth of the window in which almost nothing was answered: a collection, a crash loop, a machine that stood still. */
function paused({ slices }: LoadOutcome): ValidityReason | null {
  const typical = slices.length === 0 ? 0 : median(slices)
  if (typical < LIMITS.answersPerSlice) return null
  const slowest = Math.min(...slices)
  return slowest >= LIMITS.pausedSlice * typical
    ? null
    : warning(
        'paused',
        `almost nothing was answered in one tenth of the window (${Math.round(slowest)} against ${Math.round(typical)})`,
        slowest / typical,
        LIMITS.pausedSlice,
      )
}

function unsteady(outcome: LoadOutcome, environment: EnvironmentOutcome | null): ValidityReason | null {
  const judged = judgeSteadiness(outcome, environment)
  return judged?.id === 'unsteady' ? judged : null
}

function above(
  id: WarningId,
  observed: number | null,
  limit: number,
  say: (observed: number) => string,
): ValidityReason | null {
  return observed === null || observed <= limit ? null : warning(id, say(observed), observed, limit)
}

function warning(id: WarningId, message: string, observed: number, limit: number): ValidityReason {
  return { id, message, observed, limit }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
