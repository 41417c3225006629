import type { LoadSpec } from '../result/load.js'
import type { RequestTally } from '../result/trial.js'
import type { WindowFigures } from './window-account.js'

/** Milliseconds beyond the due time. */
export interface LoopDelay {
  mean: number
  max: number
}

/** The same for one request of a mix. */
export interface RouteMeasurement {
  /** Answers, each by the share of its lifetime inside the window. */
  answers: number
  requests: RequestTally
  histogram: string
}

/** What one generator process measured in one trial. Plain data, merged by outcome.ts. */
export interface Measurement extends WindowFigures {
  histogram: string
  /** Connections opened during the whole trial. */
  connects: number
  /** Those of them that came about, and how long that took all in all, milliseconds. */
  connected: number
  connectingMs: number
  /** Answers of the whole trial up to its last figures. Those that come after them are counted when it is drained. */
  answersInAll: number
  /** CPU seconds of this process per second of window, all its threads. */
  cpuCores: number
  /** CPU seconds of this process over the whole trial, from its first connection to its figures. */
  cpuSeconds: number
  /** How late the event loop of this process ran its timers during the window. */
  loopDelayMs: LoopDelay
  errorSamples: string[]
  /** In order of the mix; empty where there is one request only. */
  routes: RouteMeasurement[]
}

export interface PlainError {
  message: string
  code: string
  exit: number
  suggestions: string[]
}

/** `drain` is for a measured trial; `stop` ends the load of any, also of an aborted one. */
export type ToGenerator =
  { type: 'run'; spec: LoadSpec; startAtMs: number } | { type: 'drain' } | { type: 'stop' }

/**
 * `measured` comes as soon as the figures are final; the load stays on until `drain` or `stop`. `drained` says that the target has answered what was under
 * way, as far as it could be waited for, and how many answers that were; `idle` that the load is off.
 */
export type FromGenerator =
  | { type: 'ready' }
  | { type: 'measured'; measurement: Measurement }
  | { type: 'drained'; answers: number }
  | { type: 'idle' }
  | { type: 'failed'; error: PlainError }
