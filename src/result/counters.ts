/** Counters of a running target since its start; two readings make a window. */
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
