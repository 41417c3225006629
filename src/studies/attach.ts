import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { judgeLive } from '../advisor/live.js'
import { workerRoom } from '../advisor/live-memory.js'
import { SCHEMA_VERSION } from '../result/document.js'
import type { LiveDocument, LiveTraffic } from '../result/live-document.js'
import { serverOutcome } from '../experiment/server-outcome.js'
import { EXIT, TuneError } from '../result/error.js'
import { seesLimitsOf } from '../profiles/machine/index.js'
import {
  attachToServer,
  isSilence,
  listeningSockets,
  type LiveReading,
  type LiveServer,
} from '../targets/index.js'
import { readMachine, type MachineOverrides } from './read-machine.js'

export interface AttachSettings {
  toolVersion: string
  overrides: MachineOverrides
  seconds: number
}

const BETWEEN_READINGS_MS = 1000

/**
 * The server behind a control socket, or of a process.
 * @throws TuneError (usage) when the process listens on no control socket; ServerError when nobody answers
 */
export async function findServer(target: string): Promise<LiveServer> {
  if (!/^\d+$/.test(target)) return attachToServer(target)
  let silence: Error | null = null
  for (const path of await listeningSockets(Number(target))) {
    try {
      return await attachToServer(path)
    } catch (error) {
      // Its other sockets are those of the app. One without an answer may well be the one that is meant.
      if (isSilence(error)) silence = error
    }
  }
  if (silence !== null) throw silence
  throw new TuneError(`Process ${target} listens on no control socket`, {
    code: 'TUNE_E_ATTACH',
    exit: EXIT.usage,
    suggestions: [
      'Name the pid of the arbiter, not of a worker',
      'Start the server with --control-socket <path>, and name that path',
    ],
  })
}

/** Reads a running server once a second, adds no load, and says whether its configuration fits its traffic. */
export async function attach(
  server: LiveServer,
  { toolVersion, overrides, seconds }: AttachSettings,
  signal: AbortSignal,
): Promise<LiveDocument> {
  const { configuration, pid } = server
  const first = await server.read()
  const isSeen = pid !== null && seesLimitsOf(pid)
  const machine = await readMachine(overrides, isSeen ? pid : undefined)
  const readings = [first]
  let last = first
  let isAfterSilence = false
  let dueMs = first.counters.atMs
  const endMs = dueMs + seconds * 1000
  while (dueMs < endMs && !signal.aborted) {
    dueMs = nextDueMs(dueMs, performance.now(), endMs)
    await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => undefined)
    try {
      last = await server.read()
    } catch (error) {
      // One answer that is late is no reason to lose what was read; a server that stays silent is.
      if (!isSilence(error) || isAfterSilence || readings.length === 1) throw error
      isAfterSilence = true
      continue
    }
    isAfterSilence = false
    readings.push(last)
  }
  const status = signal.aborted ? 'interrupted' : 'complete'
  const traffic = trafficOf(readings)
  // Of a machine that cannot be seen, what is said of it is all that is known: what is free here is another's.
  const { memoryBytes } = overrides
  const room =
    isSeen || memoryBytes === undefined ? machine : { ...machine, memoryAvailableBytes: memoryBytes }
  const memory = { workers: last.workers, threads: configuration.threads, ...last.counters.memory }
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version: toolVersion },
    command: 'attach',
    status,
    askedSeconds: seconds,
    machine,
    arbiterPid: first.arbiterPid,
    configuration,
    traffic,
    ...judgeLive(configuration, traffic, machine.effectiveCpus, workerRoom(memory, room)),
    warnings: isSeen ? [] : unseenLimits(overrides),
  }
}

/** By the clock, as a reading takes time of its own. Of instants that a slow one has missed none is made up for. */
export function nextDueMs(dueMs: number, nowMs: number, endMs: number): number {
  const missed = Math.max(0, Math.floor((nowMs - dueMs) / BETWEEN_READINGS_MS))
  return Math.min(endMs, dueMs + (missed + 1) * BETWEEN_READINGS_MS)
}

function unseenLimits({ cpus, memoryBytes }: MachineOverrides): string[] {
  const unknown = [
    ...(cpus === undefined ? [{ what: 'CPUs', flag: '--cpus' }] : []),
    ...(memoryBytes === undefined ? [{ what: 'memory', flag: '--memory' }] : []),
  ]
  if (unknown.length === 0) return []
  const whats = unknown.map(({ what }) => what).join(' and ')
  const flags = unknown.map(({ flag }) => flag).join(' and ')
  return [
    `The limits of the server cannot be read from here, so those of this command stand in for them (${whats}): name the server's own with ${flags}`,
  ]
}

/** First against last for what counts up, the mean of the readings for what goes up and down. */
export function trafficOf(readings: readonly LiveReading[]): LiveTraffic {
  const [first, last] = [readings[0], readings.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was read')
  const mean = (of: (reading: LiveReading) => number): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length
  const seconds = (last.counters.atMs - first.counters.atMs) / 1000
  const outcome = serverOutcome(first.counters, last.counters)
  const { cpuSecondsPerRequest: cpu, loopSecondsPerRequest: loop, requestsPerWorker } = outcome
  const requests = requestsPerWorker.reduce((sum, count) => sum + count, 0)
  const loops = last.counters.loops.length
  return {
    ...{ seconds, readings: readings.length, requests },
    throughputRps: seconds === 0 ? 0 : requests / seconds,
    cpuMsPerRequest: cpu === null ? null : cpu * 1000,
    loopMsPerRequest: loop === null ? null : loop * 1000,
    cpuCores: outcome.cpuCores,
    loopUtilization: {
      mean: loop === null || seconds === 0 || loops === 0 ? 0 : (loop * requests) / seconds / loops,
      highest: outcome.loopUtilization ?? 0,
    },
    slotUtilization: mean(({ busySlots, totalSlots }) => (totalSlots === 0 ? 0 : busySlots / totalSlots)),
    connections: mean(({ connections }) => connections),
    requestsUnderWay: mean(({ requestsUnderWay }) => requestsUnderWay),
    leastUnderWay: Math.min(...readings.map(({ requestsUnderWay }) => requestsUnderWay)),
    waiting: mean(({ waiting }) => waiting),
    waitingReadings: readings.filter(({ waiting }) => waiting > 0).length,
    restarts: outcome.restarts,
    timedOut: Math.max(0, last.timedOut - first.timedOut),
    imbalance: imbalanceOf(servedAllAlong(first, last).map((nr) => requestsPerWorker[nr - 1] ?? 0)),
    pssBytes: outcome.pssBytes,
  }
}

/** Numbers of workers: who came or left meanwhile, or was replaced under his number, has answered less than his share. */
function servedAllAlong(first: LiveReading, last: LiveReading): number[] {
  const pids = new Set(first.readyWorkers.map(({ pid }) => pid))
  return last.readyWorkers.filter(({ pid }) => pids.has(pid)).map(({ nr }) => nr)
}

function imbalanceOf(answered: readonly number[]): number | null {
  const all = answered.reduce((sum, count) => sum + count, 0)
  return answered.length < 2 || all === 0 ? null : (Math.max(...answered) * answered.length) / all
}
