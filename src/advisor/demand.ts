import type { Trial } from '../result/trial.js'
import { inferredHoldSeconds } from './worker-hold.js'

/**
 * What one request costs and where its time goes, from one connection to one async worker. Milliseconds.
 * Sources: utilisation law and Little's law (Denning & Buzen 1978), docs/statistics.md.
 */
export interface Demand {
  /** C, CPU of all threads of the workers. */
  cpuMs: number
  /** E, busy time of the event loop; waiting that blocks the loop counts as busy. */
  loopMs: number
  /** R, response time as the client saw it. */
  residenceMs: number
  /** The part of R that network, kernel and generator add. */
  transportMs: number
  /** The part of R in which other processes had the cores; it says nothing about the app. */
  queuedMs: number
  /** W, the part of R in which the request waited for something other than CPU. */
  waitMs: number
  /** u: share of the residence without transport and queueing for a core in which the CPU worked; above 1 with several threads. */
  cpuShare: number
  /** e: the same for the event loop. */
  loopShare: number
  /** False where the server has no event-loop figures, and E is inferred. */
  loopSeen: boolean
}

/** Two wake-ups across loopback, measured with an empty handler. */
const WAKE_UP_MS = 0.05
/** The generator's CPU per request contains its idle housekeeping at low rates; more than this is not transport. */
const MAX_TRANSPORT_MS = 0.25
/** With a CPU quota below one core, a request that uses this much of it at one connection is being throttled. */
const THROTTLED_SHARE = 0.9

/**
 * `null` when nothing was answered or the target cannot tell its CPU. Where it has no event-loop figures, how long a request
 * holds its worker is inferred from `overload`, the same worker with more connections than it can serve.
 */
export function measureDemand(
  probe: Trial,
  effectiveCpus: number,
  overload: Trial | null = null,
): Demand | null {
  const meanUs = probe.latencyUs.mean
  const cpuSeconds = probe.server?.cpuSecondsPerRequest ?? null
  if (meanUs === null || meanUs === 0 || cpuSeconds === null) return null
  const seen = probe.server?.loopSecondsPerRequest ?? null
  const loopSeconds = seen ?? inferredHoldSeconds(cpuSeconds, meanUs / 1e6, overload)
  const [residenceMs, cpuMs] = [meanUs / 1000, cpuSeconds * 1000]
  const queuedMs = runQueue(probe, residenceMs - cpuMs)
  const loopMs = seen === null ? loopSeconds * 1000 : withoutQueue(loopSeconds * 1000, queuedMs, cpuMs)
  const transportMs = transport(probe, residenceMs)
  // Neither correction may leave less than the time that the loop was busy or the CPU worked, as far as the response time holds that.
  const insideMs = Math.max(
    residenceMs - queuedMs - transportMs,
    Math.min(loopMs, residenceMs),
    Math.min(cpuMs, residenceMs - queuedMs),
  )
  // Nothing is left where a request without measurable CPU waited for a core all the time.
  const share = (ms: number): number => (insideMs > 0 ? ms / insideMs : 0)
  const cpuWallMs = queuedMs > 0 ? cpuMs : cpuMs * throttling(cpuMs, probe.throughputRps, effectiveCpus)
  return {
    cpuMs,
    loopMs,
    residenceMs,
    transportMs,
    queuedMs,
    waitMs: Math.max(0, insideMs - cpuWallMs),
    cpuShare: share(cpuWallMs),
    loopShare: Math.min(1, share(loopMs)),
    loopSeen: seen !== null,
  }
}

/**
 * A thread that waits for a core counts as a busy event loop without CPU, exactly like one that blocks; only the kernel
 * can tell the two apart.
 */
function runQueue(probe: Trial, mostMs: number): number {
  const queuedMs = (probe.server?.runQueueSecondsPerRequest ?? 0) * 1000
  return Math.max(0, Math.min(queuedMs, mostMs))
}

/**
 * The queueing is that of all threads of the worker, and more than the loop's own would leave it no time at all. It worked for C at
 * least, unless it was busy for less than C: then the CPU went elsewhere, and nothing is known.
 */
function withoutQueue(busyMs: number, queuedMs: number, cpuMs: number): number {
  return Math.max(busyMs - queuedMs, cpuMs <= busyMs ? cpuMs : 0)
}

/**
 * With one connection the generator's own CPU lies on the path of every request. Without taking it out, an empty handler
 * of 0.04 ms that answers in 0.09 ms would pass for one that waits half of its time.
 */
function transport(probe: Trial, residenceMs: number): number {
  const generatorMs = probe.throughputRps > 0 ? (probe.generatorCpu / probe.throughputRps) * 1000 : 0
  return Math.min(generatorMs + WAKE_UP_MS, MAX_TRANSPORT_MS, residenceMs / 2)
}

/** Wall time per CPU time where the kernel does not tell: above 1 only where a quota below one core holds a request back. */
function throttling(cpuMs: number, throughputRps: number, effectiveCpus: number): number {
  const coresUsed = (throughputRps * cpuMs) / 1000
  return effectiveCpus < 1 && coresUsed >= THROTTLED_SHARE * effectiveCpus ? 1 / effectiveCpus : 1
}
