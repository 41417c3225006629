import { libc } from './libc.js'

const PR_SET_PDEATHSIG = 1
const SIGKILL = 9

/**
 * Asks the kernel to end this process when its parent dies, which works even while the event loop is blocked.
 * Only Linux can; elsewhere the closed IPC channel tells, once the loop turns again.
 *
 * @returns false when the parent is already gone, as the request then comes too late.
 */
export function dieWithParent(parentPid: number): boolean {
  if (process.platform === 'linux') {
    const prctl = libc()?.func('int prctl(int option, ...)') as ((...args: unknown[]) => number) | undefined
    prctl?.(PR_SET_PDEATHSIG, 'unsigned long', SIGKILL)
  }
  return process.ppid === parentPid
}
