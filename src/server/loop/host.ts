import type { LoopStats, WorkerFigures, WorkerRequest } from '../protocol.js'
import { slotsPerLoop, type ServerSettings } from '../settings.js'
import type { LoopCounters } from './counters.js'
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
  loops(): LoopStats[]
}

/** How long the most silent loop has not turned. */
export function silentMs(host: LoopHost): number {
  return monotonicMs() - Math.min(...host.counters.map((loop) => loop.turnedAtMs))
}

export function figuresOf(host: LoopHost, settings: ServerSettings): WorkerFigures {
  const requestsPerLoop = host.counters.map((loop) => loop.requests)
  const { user, system } = process.cpuUsage()
  return {
    requests: sum(requestsPerLoop),
    requestsPerLoop,
    refused: sum(host.counters.map((loop) => loop.refused)),
    timedOut: sum(host.counters.map((loop) => loop.timedOut)),
    handshakesFailed: sum(host.counters.map((loop) => loop.handshakesFailed)),
    busySlots: sum(host.counters.map((loop) => loop.busySlots)),
    totalSlots: host.counters.length * slotsPerLoop(settings),
    connections: sum(host.counters.map((loop) => loop.connections)),
    cpuUserUs: user,
    cpuSystemUs: system,
    loops: host.loops(),
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
