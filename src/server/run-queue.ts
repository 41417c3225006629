import { readdirSync, readFileSync } from 'node:fs'

/**
 * How long a thread was ready to run and waited for a core, the time in which its cgroup was throttled included: second field of
 * /proc/PID/task/TID/schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst). `null` for any other text.
 */
export function parseRunQueueSeconds(text: string): number | null {
  const waitedNs = /^\d+ (\d+) \d+\s*$/.exec(text)?.[1]
  return waitedNs === undefined ? null : Number(waitedNs) / 1e9
}

/**
 * The longest that one of a process's threads has waited for a core since it started, in milliseconds; 0 where the kernel does not tell.
 */
export function runQueueMs(pid: number): number {
  try {
    const waits = readdirSync(`/proc/${pid}/task`).map(
      (thread) => parseRunQueueSeconds(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')) ?? 0,
    )
    return Math.max(0, ...waits) * 1000
  } catch {
    return 0
  }
}
