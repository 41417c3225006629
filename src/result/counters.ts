/** Counters of a running target since its start; two readings make a window. */
export interface TargetCounters {
  /** Monotonic instant of the reading. */
  atMs: number
  /** CPU seconds of all workers together, with those of the processes that they start; `null` where unknown. */
  cpuSeconds: number | null
  /** The same by worker, for a sum loses what a worker that is replaced had used; absent where nobody tells workers apart. */
  cpuByWorker?: { pid: number; seconds: number | null }[]
  /**
   * Seconds that threads of the workers were ready to run and had no core, `null` where the kernel does not tell. The event
   * loop counts them as busy, and without them a loop that is kept off its core would look like one that blocks.
   */
  runQueueSeconds: number | null
  /** Busy and total seconds of each event loop; empty where unknown. */
  loops: { id: string; busySeconds: number; totalSeconds: number }[]
  /** Answered requests by worker slot; empty where the server does not tell. */
  requestsPerWorker: number[]
  restarts: number
  /** Proportional set size and resident set size over arbiter and workers. */
  memory: {
    arbiterPssBytes: number | null
    workersPssBytes: number | null
    rssBytes: number | null
    /** Private bytes of arbiter and workers, and the most that one of them shares with others; absent where nobody tells. */
    apart?: { arbiterBytes: number; workersBytes: number; sharedBytes: number }
    /**
     * What processes take that workers have started: within the workers' PSS and private bytes, and not in the resident set; absent where
     * there are none, or nobody can tell them from workers.
     */
    helpersBytes?: number
  }
  /** Processes of the server, and context switches of all its threads; absent where nobody counts them. */
  processes?: number
  contextSwitches?: number
  voluntarySwitches?: number
  involuntarySwitches?: number
  /** Sum of the processes' highest resident sets since the last reading: an upper bound of what they had at one time. */
  peakRssBytes?: number | null
  /** Seconds of all threads in garbage collection, where the server tells. */
  gcSeconds?: number
}

/** Counters of the machine since its start; two readings make a window. `null` where it does not say. */
export interface EnvironmentCounters {
  /** Monotonic instant of the reading. */
  atMs: number
  /** CPU seconds over all CPUs: in use, stolen by the hypervisor, and everything together. */
  cpu: { busySeconds: number; stolenSeconds: number; allSeconds: number } | null
  /** CPU seconds of the process that reads. */
  ownCpuSeconds: number
  /** Scheduling periods, and those in which the quota ran out, of each cgroup above; always in the same order. */
  throttling: { periods: number; throttled: number }[]
  /** Seconds in which some task waited (PSI). */
  cpuPressureSeconds: number | null
  memoryPressureSeconds: number | null
  /** Connections that a full listen queue cost, in this network namespace. */
  listenDrops: number | null
}
