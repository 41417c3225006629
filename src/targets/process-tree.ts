import { readdir, readFile } from 'node:fs/promises'

/** One process, as /proc/<pid>/stat tells it. */
export interface ProcessInfo {
  pid: number
  parentPid: number
  groupId: number
  /** `Z` is a zombie: ended, and only waiting to be reaped. */
  state: string
  /** User and system time of all its threads, to the tick (10 ms). */
  cpuSeconds: number
  /** The same of children that have ended and were waited for, with what those had waited for. */
  reapedCpuSeconds: number
}

/** USER_HZ, which Linux keeps at 100 for user space on every architecture Node runs on. */
const TICKS_PER_SECOND = 100

/** Parses /proc/<pid>/stat (proc(5)). The name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessInfo | null {
  const nameEnd = text.lastIndexOf(')')
  const fields = text.slice(nameEnd + 2).split(' ')
  const pid = Number.parseInt(text, 10)
  const [state, parentPid, groupId] = fields
  if (nameEnd < 0 || state === undefined || Number.isNaN(pid)) return null
  return {
    pid,
    state,
    parentPid: Number(parentPid),
    groupId: Number(groupId),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    reapedCpuSeconds: (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND,
  }
}

/** `null` when the process is gone, or the system has no /proc. */
export async function readProcess(pid: number): Promise<ProcessInfo | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : parseStat(text)
}

/** Every process that this one may see; empty where there is no /proc. */
export async function readProcesses(): Promise<ProcessInfo[]> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(readProcess))
  return found.filter((info) => info !== null)
}

/** The process and all its descendants, parents before children. */
export function treeOf(rootPid: number, processes: ProcessInfo[]): ProcessInfo[] {
  const tree = processes.filter(({ pid }) => pid === rootPid)
  // The list grows while it is walked: that is the walk.
  for (const { pid } of tree) tree.push(...processes.filter(({ parentPid }) => parentPid === pid))
  return tree
}

/**
 * CPU of all these processes and of those that ended below them. A process that ends takes its own figure out of the list and leaves it to
 * whoever waits for it, so the sum over a whole tree keeps what a helper of a request used, and that of a worker that was replaced.
 */
export function cpuSecondsOf(
  processes: readonly Pick<ProcessInfo, 'cpuSeconds' | 'reapedCpuSeconds'>[],
): number {
  return processes.reduce((sum, { cpuSeconds, reapedCpuSeconds }) => sum + cpuSeconds + reapedCpuSeconds, 0)
}

/** What one worker has started. */
export interface Helpers {
  /** Those that run, their own children included. */
  running: ProcessInfo[]
  /** CPU of these, and of those it has waited for. */
  cpuSeconds: number
}

/** None unless the worker is a child of that arbiter, as the pids of another container are somebody else's here. */
export function helpersOf(workerPid: number, arbiterPid: number, processes: ProcessInfo[]): Helpers {
  const [worker, ...running] = treeOf(workerPid, processes)
  if (worker?.parentPid !== arbiterPid) return { running: [], cpuSeconds: 0 }
  return { running, cpuSeconds: worker.reapedCpuSeconds + cpuSecondsOf(running) }
}
