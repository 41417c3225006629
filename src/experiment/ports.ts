import type { Configuration } from '../result/configuration.js'
import type { Address, RequestSpec } from '../result/request.js'
import type { LoadOutcome } from '../result/trial.js'

/** A server that is up. `load/` and `targets/` implement these ports; tests bring fakes. */
export interface RunningTarget {
  readonly address: Address
  /** Counters since the start of the target; two readings make a window. */
  counters(): Promise<TargetCounters>
  /** Everything it started is gone when the promise resolves. Safe to call twice. */
  stop(): Promise<void>
}

export interface TargetCounters {
  /** Monotonic instant of the reading. */
  atMs: number
  /** CPU seconds of all workers together, `null` where unknown. */
  cpuSeconds: number | null
  /** Busy and total seconds of each event loop; empty where unknown. */
  loops: { id: string; busySeconds: number; totalSeconds: number }[]
  /** Answered requests by worker slot. */
  requestsPerWorker: number[]
  restarts: number
  /** Proportional set size and resident set size over arbiter and workers. */
  memory: { arbiterPssBytes: number | null; workersPssBytes: number | null; rssBytes: number | null }
}

export interface Target {
  readonly label: string
  readonly workload: string | null
  readonly configuration: Configuration
  start(signal: AbortSignal): Promise<RunningTarget>
}

export interface LoadSpec {
  address: Address
  request: RequestSpec
  connections: number
  /** Load before the window opens; its requests are not measured. */
  rampSeconds: number
  windowSeconds: number
  timeoutSeconds: number
}

export interface LoadGenerator {
  run(spec: LoadSpec, signal: AbortSignal): Promise<LoadOutcome>
  stop(): Promise<void>
}
