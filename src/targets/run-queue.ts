import { readdir, readFile } from 'node:fs/promises'

/**
 * Seconds that the threads of a process were ready to run and waited for a core, since they started; `null` where the
 * kernel does not tell. Second field of /proc/PID/task/TID/schedstat, in nanoseconds
 * (Documentation/scheduler/sched-stats.rst).
 */
export async function readRunQueueSeconds(pid: number): Promise<number | null> {
  try {
    const threads = await readdir(`/proc/${pid}/task`)
    const seconds = await Promise.all(threads.map((thread) => waitedSeconds(`/proc/${pid}/task/${thread}`)))
    return seconds.reduce((sum, one) => sum + one, 0)
  } catch {
    return null
  }
}

async function waitedSeconds(thread: string): Promise<number> {
  const [, waitedNs] = (await readFile(`${thread}/schedstat`, 'utf8')).trim().split(' ')
  return Number(waitedNs ?? NaN) / 1e9
}
