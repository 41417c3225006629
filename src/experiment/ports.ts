import type { Configuration } from '../result/configuration.js'
import type { EnvironmentCounters, TargetCounters } from '../result/counters.js'
import type { LoadSpec } from '../result/load.js'
import type { Address } from '../result/request.js'
import type { LoadOutcome } from '../result/trial.js'

export type { LoadSpec, TargetCounters }

/** A server that is up. `load/` and `targets/` implement these ports; tests bring fakes. */
export interface RunningTarget {
  readonly address: Address
  /** What the loader made of the app, where the target can tell. */
  readonly app: { kind: string; loader: string } | null
  /** Counters since the start of the target; two readings make a window. */
  counters(): Promise<TargetCounters>
  /** What its processes last wrote to standard error; absent where nobody listens. */
  lastLines?(): readonly string[]
  /** Everything it started is gone when the promise resolves. Safe to call twice. */
  stop(): Promise<void>
}

export interface Target {
  readonly label: string
  readonly workload: string | null
  readonly configuration: Configuration
  start(signal: AbortSignal): Promise<RunningTarget>
}

export interface LoadGenerator {
  run(spec: LoadSpec, signal: AbortSignal): Promise<LoadOutcome>
  stop(): Promise<void>
}

/** Times a fixed piece of work on the CPUs while a trial runs: how fast they are then, whoever makes them slow. */
export interface Speedometer {
  /**
   * Begins.
   *
   * @returns what ends it, and tells how many microseconds a piece took between two instants of the monotonic clock; `null` where too few
   *   were timed
   */
  start(): (fromMs: number, toMs: number) => number | null
}

/** Reads what the machine has done so far. Synchronous and cheap: it is asked on both sides of every trial. */
export type ReadEnvironment = () => EnvironmentCounters
