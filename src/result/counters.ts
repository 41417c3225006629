/** Counters of a running target since its start; two readings make a window. */
export interface TargetCounters {
  /** Monotonic instant of the reading. */
  atMs: number
  /** CPU seconds of all workers together, `null` where unknown. */
  cpuSeconds: number | null
  /**
   * Seconds that threads of the workers were ready to run and had no core, `null` where the kernel does not tell. The event
   * loop counts them as busy, and without them a loop that is kept off its core would look like one that blocks.
   */
  runQueueSeconds: number | null
  /** Busy and total seconds of each event loop; empty where unknown. */
  loops: { id: string; busySeconds: number; totalSeconds: number }[]
  /** Answered requests by worker slot. */
  requestsPerWorker: number[]
  restarts: number
  /** Proportional set size and resident set size over arbiter and workers. */
  memory: { arbiterPssBytes: number | null; workersPssBytes: number | null; rssBytes: number | null }
}
