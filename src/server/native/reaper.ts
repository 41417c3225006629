import { readdirSync, readFileSync } from 'node:fs'
import { libc } from './libc.js'

const WNOHANG = 1

/**
 * The children of this process that ended and that nobody has waited for.
 *
 * @param stats the contents of `/proc/<pid>/stat`. The command in parentheses may hold anything.
 */
export function zombiesOf(parentPid: number, stats: Iterable<string>): number[] {
  const zombies: number[] = []
  for (const stat of stats) {
    const [, pid, state, ppid] = /^(\d+) \(.*\) (\S) (\d+) /s.exec(stat) ?? []
    if (state === 'Z' && Number(ppid) === parentPid) zombies.push(Number(pid))
  }
  return zombies
}

/** One look at the process table. */
export function* processStats(): Generator<string> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      yield readFileSync(`/proc/${name}/stat`, 'latin1')
    } catch {
      // It ended between the two looks.
    }
  }
}

/** Takes a zombie out of the process table; `null` where koffi cannot be loaded. */
export function waiter(): ((pid: number) => void) | null {
  const waitpid = libc()?.func('int waitpid(int pid, void *status, int options)')
  return waitpid ? (pid) => void waitpid(pid, null, WNOHANG) : null
}
