import type { WorkerFigures, WorkerRequest } from '../protocol.js'
import { slotsPerLoop, type ServerSettings } from '../settings.js'
import { CELL, WAIT_BOUNDS_MS, type Cell, type LoopCounters } from './counters.js'
import { monotonicMs } from '../clock.js'

/** What a worker serves, and on which descriptors: by event loop, then by address. */
export type HostSpec = Omit<Extract<WorkerRequest, { type: 'start' }>, 'type' | 'arbiterPid'>

/** The event loops of one worker: one in the main thread, or several in worker threads. */
export interface LoopHost {
  /** Loads the app in every loop. @returns the kind of app found. */
  load(): Promise<{ kind: string }>
  /** Accepts clients from now on; resolves when every loop does. It may be told to drain before that. */
  accept(): Promise<void>
  /** Resolves when nothing is under way any more. */
  drain(emptyBacklog: boolean): Promise<void>
  reopenLogs(): void
  readonly counters: readonly LoopCounters[]
  /** Busy and idle time of each loop, in the order of the counters. */
  utilization(): { active: number; idle: number }[]
  nameOf(index: number): string
  /** Where the most silent loop hangs, innermost frame first; `null` when that cannot be read from here. */
  silentStack(limitMs: number): Promise<string[] | null>
}

/** How long the most silent loop has not turned. */
export function silentMs(host: LoopHost): number {
  return monotonicMs() - Math.min(...host.counters.map((loop) => loop.get(CELL.turnedAtMs)))
}

export function figuresOf(host: LoopHost, settings: ServerSettings): WorkerFigures {
  const { counters } = host
  const total = (cell: Cell) => sum(counters.map((loop) => loop.get(cell)))
  const { user, system } = process.cpuUsage()
  return {
    requests: total(CELL.requests),
    requestsPerLoop: counters.map((loop) => loop.get(CELL.requests)),
    refused: total(CELL.refused),
    timedOut: total(CELL.timedOut),
    aborted: total(CELL.aborted),
    handshakesFailed: total(CELL.handshakesFailed),
    queueWait: {
      boundsMs: [...WAIT_BOUNDS_MS],
      counts: counters
        .map((loop) => loop.waits)
        .reduce((all, waits) => all.map((n, at) => n + (waits[at] ?? 0))),
      sumMs: total(CELL.waitedMs),
    },
    busySlots: total(CELL.busySlots),
    totalSlots: counters.length * slotsPerLoop(settings),
    requestsUnderWay: total(CELL.underWay),
    connections: total(CELL.connections),
    cpuUserUs: user,
    cpuSystemUs: system,
    loops: host.utilization().map(({ active, idle }, index) => ({
      id: host.nameOf(index),
      activeMs: active,
      idleMs: idle,
      ...loopFigures(counters[index]),
      totalSlots: slotsPerLoop(settings),
    })),
  }
}

function loopFigures(loop: LoopCounters | undefined) {
  const get = (cell: Cell) => loop?.get(cell) ?? 0
  return {
    requests: get(CELL.requests),
    busySlots: get(CELL.busySlots),
    requestsUnderWay: get(CELL.underWay),
    delayMs: { p50: get(CELL.delayP50Ms), p99: get(CELL.delayP99Ms), max: get(CELL.delayMaxMs) },
    gc: { count: get(CELL.gcCount), totalMs: get(CELL.gcMs) },
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
