import type { Workload } from '../result/analysis.js'
import {
  capacityOf,
  DEFAULT_WORKER_CONNECTIONS,
  loopsOf,
  type Configuration,
} from '../result/configuration.js'
import { rampSecondsFor } from '../result/ramp.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import type { Demand } from './demand.js'
import { throughputBound } from './model.js'
import { reachOf, type Reach } from './reach.js'

/** Fewer connections spread too unevenly over workers. */
const FEWEST_CONNECTIONS = 16
/** Each further one makes what serves one request at a time queue for longer. */
const MOST_CONNECTIONS = 512
/** Of the connections that all event loops take in: those beyond would wait for ever. */
const SHARE_OF_CAPACITY = 0.9
/** What two loops hold as they are by default, so that all but a single one have the same. */
const MOST_ON_LOOPS = SHARE_OF_CAPACITY * 2 * DEFAULT_WORKER_CONNECTIONS
/** Each connection is a descriptor in the generator and one in the server; the rest belongs to the app. */
const DESCRIPTORS_PER_CONNECTION = 4
/** A queue that a candidate needs longer than this to work off makes its trials too long. */
const QUEUE_SECONDS = 1.5
/** Beyond what a trend within the window takes (steadiness.ts). */
const REQUESTS_PER_WINDOW = 60
/**
 * On a shared machine the speed wanders: windows of 1 s one after the other differed by 11 %, those of 0.2 s by no less, so of two
 * configurations in turns, many short windows tell more than few long ones. In the same time 0.5 s had half the variance of 1 s, its ramp and its
 * last answers included.
 */
const SHORTEST_WINDOW_SECONDS = 0.5
const LONGEST_WINDOW_SECONDS = 5
/** Connection pools are rarely larger, where nothing better is known. */
const DOWNSTREAM_POOL = 16

/**
 * Connections with which one async worker runs into its limit: twice the lesser of what fills its loop (R/E) and
 * what fills the cores (N R/C). Slow handlers get fewer, so that no request queues for more than about two seconds.
 */
export function saturationConnections(demand: Demand, effectiveCpus: number): number {
  const { cpuMs, loopMs, residenceMs } = demand
  const fillsLoop = loopMs > 0 ? residenceMs / loopMs : Infinity
  const fillsCores = cpuMs > 0 ? (effectiveCpus * residenceMs) / cpuMs : Infinity
  const wanted = Math.ceil(2 * Math.min(fillsLoop, fillsCores))
  const patient = loopMs > 0 ? Math.max(4, Math.floor(2000 / loopMs)) : MOST_CONNECTIONS
  return clamp(wanted, Math.min(FEWEST_CONNECTIONS, patient), MOST_CONNECTIONS)
}

/** The load of a race. */
export interface RaceLoad {
  /** Client connections of one candidate. */
  connectionsOf: (configuration: Configuration) => number
  /** The most that any of them has. */
  connections: number
  /** What the model gives a candidate with these clients, and with more; absent where it is not meant to be full, or the model does not know. */
  reachOf: (configuration: Configuration) => Reach | undefined
  windowSeconds: number
  timeoutSeconds: number
}

/** Of a full window: under less load there are fewer answers, and each trial has to carry a p95. */
const MODERATE_WINDOW = 3

/** Of the knee: below it requests hardly queue, so what differs is how a configuration serves them. */
const MODERATE = 0.7

/**
 * The load at which latency is compared: 70 % of what fills the cores, and at least one connection for each core. The same for all, as latency
 * means nothing without it: no more than the slowest bears.
 */
export function moderateLoad(
  full: RaceLoad,
  configurations: readonly Configuration[],
  workload: Workload,
  effectiveCpus: number,
): RaceLoad {
  const knee = workload.kneeConcurrency ?? effectiveCpus
  const wanted = Math.max(2, Math.ceil(effectiveCpus), Math.round(MODERATE * knee))
  const connections = Math.min(wanted, ...configurations.map(full.connectionsOf))
  const windowSeconds = Math.min(LONGEST_WINDOW_SECONDS, MODERATE_WINDOW * full.windowSeconds)
  return {
    connectionsOf: () => connections,
    connections,
    reachOf: () => undefined,
    windowSeconds,
    timeoutSeconds: full.timeoutSeconds,
  }
}

/**
 * Client connections that saturate every candidate: twice the slots of the largest one-at-a-time configuration, four for each event loop, twice
 * the knee. The same for all where all can bear it; a candidate that could not work them off in 1.5 s gets as many as it can, and is
 * full all the same. Bounded by the open-file limit, by what the event loops take in, and by what the generators send.
 *
 * @param generatorRps what the load generators send before they are the limit
 */
export function planRaceLoad(
  configurations: readonly Configuration[],
  workload: Workload,
  effectiveCpus: number,
  openFilesLimit: number | null,
  generatorRps = Infinity,
): RaceLoad {
  const slots = Math.max(...configurations.map(slotsOf))
  const loops = Math.max(1, ...configurations.map(loopsOf))
  // Behind pools the knee of the CPU is never reached: what fills the pools of all processes is enough.
  const processes = Math.max(1, ...configurations.map(({ workers }) => workers))
  const pools = processes * (workload.downstreamConcurrency ?? DOWNSTREAM_POOL)
  const knee = workload.class === 'downstream' ? pools : (workload.kneeConcurrency ?? 1)
  const bound = (one: Configuration): number => paceOf(one, workload, effectiveCpus, mostOn(one))
  const slowestRps = Math.min(...configurations.map(bound))
  const wanted = Math.max(FEWEST_CONNECTIONS, 4 * loops, 2 * slots, Math.ceil(2 * knee))
  const sendable = Math.floor((generatorRps * (workload.cpuMsPerRequest + workload.waitMsPerRequest)) / 1000)
  const descriptors = Math.floor((openFilesLimit ?? Infinity) / DESCRIPTORS_PER_CONNECTION)
  const connectionsOf = (one: Configuration): number => {
    const fewest = Math.max(FEWEST_CONNECTIONS, 2 * slotsOf(one), 2 * loopsOf(one))
    const patient = Math.max(fewest, Math.floor(bound(one) * QUEUE_SECONDS))
    return Math.max(1, Math.min(wanted, patient, mostOn(one), Math.max(fewest, sendable), descriptors))
  }
  const queues = configurations.map((one) => connectionsOf(one) / bound(one))
  return {
    connectionsOf,
    connections: Math.max(...configurations.map(connectionsOf)),
    reachOf: (one) => reachOf(one, workload, effectiveCpus, connectionsOf(one)),
    windowSeconds: clamp(
      Math.ceil((10 * REQUESTS_PER_WINDOW) / slowestRps) / 10,
      SHORTEST_WINDOW_SECONDS,
      LONGEST_WINDOW_SECONDS,
    ),
    timeoutSeconds: Math.max(10, Math.ceil(4 * Math.max(...queues))),
  }
}

/** What serves one request at a time. */
function slotsOf(configuration: Configuration): number {
  return configuration.workerClass === 'async' ? 1 : capacityOf(configuration)
}

/** What a configuration works off at most: by the asymptotic bounds, and by what each process was seen to let proceed. */
function paceOf(
  configuration: Configuration,
  workload: Workload,
  effectiveCpus: number,
  connections: number,
): number {
  const { downstreamConcurrency: atATime, residenceMsPerRequest } = workload
  const behindRps =
    atATime === undefined ? Infinity : (1000 * atATime * configuration.workers) / residenceMsPerRequest
  return Math.min(behindRps, throughputBound(configuration, workload, effectiveCpus, connections))
}

function mostOn(configuration: Configuration): number {
  return configuration.workerClass === 'async'
    ? Math.min(MOST_ON_LOOPS, Math.max(1, Math.floor(SHARE_OF_CAPACITY * capacityOf(configuration))))
    : MOST_CONNECTIONS
}

/** Load before the window: once through the queue of this configuration, so that the window opens on a steady state. */
export function rampSeconds(
  configuration: Configuration,
  workload: Workload,
  effectiveCpus: number,
  connections: number,
): number {
  return rampSecondsFor(queueSeconds(configuration, workload, effectiveCpus, connections))
}

/** Load after the window, twice through the queue: the last answers of the window come, then those that were sent until then. */
export function drainSeconds(
  configuration: Configuration,
  workload: Workload,
  effectiveCpus: number,
  connections: number,
): number {
  return 2 * queueSeconds(configuration, workload, effectiveCpus, connections)
}

function queueSeconds(
  configuration: Configuration,
  workload: Workload,
  effectiveCpus: number,
  connections: number,
): number {
  return connections / paceOf(configuration, workload, effectiveCpus, connections)
}

/** Fewer are no choice, more are a blind grid. A race that decides by itself needs its time for more blocks. */
export const FEWEST_CANDIDATES = { toSelect: 4, toDecide: 3 }
export const MOST_CANDIDATES = 8
/** What a race is given time for: trials are slower than planned on a busy machine, and some are not believed. */
export const MOST_BLOCKS_TO_SELECT = 6
const FINALISTS = 4
/** Starting the server of a small app and warming it. */
const LEAST_START_SECONDS = 1.3
/** Of which so much is the warm-up. */
const WARM_UP_SECONDS = 1

/** What the app and the load make of time. Seconds. */
export interface Pace {
  trialSeconds: number
  /** One server: its start and its warm-up. */
  startSeconds: number
  /** Of load, for each server before its first block (time-plan.ts); absent: none. */
  settleSeconds?: number
}

/** @param bootSeconds what the probe's server took to be ready; two are started at a time, on cores that one alone would not fill */
export function startSecondsOf(bootSeconds: number): number {
  return Math.max(LEAST_START_SECONDS, WARM_UP_SECONDS + bootSeconds)
}

/** What a race takes until everybody has run in three blocks, the A/A twin too where there is one. */
export function leastRaceSeconds(
  candidates: number,
  { trialSeconds, startSeconds }: Pace,
  withTwin = false,
): number {
  return candidates * startSeconds + BLOCKS_FOR_INTERVAL * (candidates + (withTwin ? 1 : 0)) * trialSeconds
}

/** What a race should have for each of its candidates. */
export function secondsOfCandidate({ trialSeconds, startSeconds, settleSeconds = 0 }: Pace): number {
  return startSeconds + settleSeconds + MOST_BLOCKS_TO_SELECT * trialSeconds
}

/** What becomes of a race. */
export interface RaceRole {
  /** It selects who is confirmed; otherwise it decides. */
  isConfirmed: boolean
  withTwin: boolean
}

/**
 * How many candidates a race of this length carries: all of them and the A/A twin, if it has one, for six blocks; and where no confirmation
 * follows, four finalists for three more.
 */
export function candidateLimit(raceSeconds: number, pace: Pace, { isConfirmed, withTwin }: RaceRole): number {
  const { trialSeconds } = pace
  const later = isConfirmed ? 0 : BLOCKS_FOR_INTERVAL * FINALISTS * trialSeconds
  const twin = withTwin ? MOST_BLOCKS_TO_SELECT * trialSeconds : 0
  const fewest = isConfirmed ? FEWEST_CANDIDATES.toSelect : FEWEST_CANDIDATES.toDecide
  return clamp(Math.floor((raceSeconds - later - twin) / secondsOfCandidate(pace)), fewest, MOST_CANDIDATES)
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value))
}
