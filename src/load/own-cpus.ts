import type { ForkOptions } from 'node:child_process'

/** How to fork a generator that may use these CPUs only; all of them with `null`. @param cpus as `taskset` takes it: `0,2-3` */
export function forkOn(
  cpus: string | null,
  execArgv: readonly string[],
): Pick<ForkOptions, 'execPath' | 'execArgv'> {
  if (cpus === null) return { execArgv: [...execArgv] }
  // It becomes Node in the same process, so every thread of it is bound from the start.
  return { execPath: 'taskset', execArgv: ['--cpu-list', cpus, process.execPath, ...execArgv] }
}
