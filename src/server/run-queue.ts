import { readdirSync, readFileSync } from 'node:fs'

/**
 * The longest that one of a process's threads was ready to run and waited for a core, since it started, in
 * milliseconds; 0 where the kernel does not tell. Second field of /proc/PID/task/TID/schedstat, nanoseconds
 * (Documentation/scheduler/sched-stats.rst); the time in which a cgroup is throttled is part of it.
 */
export function runQueueMs(pid: number): number {
  try {
    const waits = readdirSync(`/proc/${pid}/task`).map(
      (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[1]) || 0,
    )
    return Math.max(0, ...waits) / 1e6
  } catch {
    return 0
  }
}
