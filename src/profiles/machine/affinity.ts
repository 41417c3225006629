import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseAllowedCpus } from './parse-proc.js'

/** CPUs that this process may use; `null` where only the scheduler knows, as beside Linux. */
export function allowedCpus(): ReadonlySet<number> | null {
  try {
    return parseAllowedCpus(readFileSync('/proc/self/status', 'utf8'))
  } catch {
    return null
  }
}

/**
 * Keeps a thread, and what it starts from now on, on these CPUs. To Linux every thread is a task with CPUs of its own, and the
 * first of a process has the process's number.
 *
 * @returns false where that is refused, or `taskset` of util-linux is missing
 */
export function bindTask(task: string, cpus: readonly number[]): boolean {
  const { error, status } = spawnSync('taskset', ['--cpu-list', '--pid', cpus.join(','), task])
  return error === undefined && status === 0
}
