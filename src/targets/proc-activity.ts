import { readdir, readFile, writeFile } from 'node:fs/promises'

/** Context switches of all threads of a process since it started, and its peak of memory. */
export interface ProcessActivity {
  /** It had to wait: for a request, a timer, a lock, a disk. */
  voluntarySwitches: number
  /** Its turn was over, or somebody else came first: a sign of more runnable threads than cores. */
  involuntarySwitches: number
  /** Highest resident set since the last reading, where the kernel lets it be set back; otherwise since its start. */
  peakRssBytes: number | null
}

/** Sets VmHWM back to the present resident set (proc(5), clear_refs). */
const RESET_PEAK = '5'

/** Reads, and begins a new peak. Everything is 0 or `null` when the process is gone, or the system has no /proc. */
export async function readActivity(pid: number): Promise<ProcessActivity> {
  const [switches, status] = await Promise.all([readSwitches(pid), readStatus(`/proc/${pid}`)])
  await writeFile(`/proc/${pid}/clear_refs`, RESET_PEAK).catch(() => undefined)
  return { ...switches, peakRssBytes: parsePeakRss(status) }
}

/** Of all threads: /proc/<pid>/status counts those of the first one only. */
async function readSwitches(pid: number): Promise<ContextSwitches> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const counts = await Promise.all(
    threads.map(async (thread) => parseContextSwitches(await readStatus(`/proc/${pid}/task/${thread}`))),
  )
  return {
    voluntarySwitches: counts.reduce((sum, count) => sum + count.voluntarySwitches, 0),
    involuntarySwitches: counts.reduce((sum, count) => sum + count.involuntarySwitches, 0),
  }
}

type ContextSwitches = Pick<ProcessActivity, 'voluntarySwitches' | 'involuntarySwitches'>

export function parseContextSwitches(status: string): ContextSwitches {
  const count = (name: string): number =>
    Number(new RegExp(`^${name}_ctxt_switches:\\s+(\\d+)$`, 'm').exec(status)?.[1] ?? 0)
  return { voluntarySwitches: count('voluntary'), involuntarySwitches: count('nonvoluntary') }
}

/** VmHWM, whose unit is kB and means 1024 bytes. */
export function parsePeakRss(status: string): number | null {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status)
  return match ? Number(match[1]) * 1024 : null
}

function readStatus(folder: string): Promise<string> {
  return readFile(`${folder}/status`, 'utf8').catch(() => '')
}

/** Over several processes. One unknown peak makes the sum unknown; peaks of different moments are added, so it is an upper bound. */
export function sumActivity(activities: readonly ProcessActivity[]): ProcessActivity {
  return {
    voluntarySwitches: activities.reduce((sum, one) => sum + one.voluntarySwitches, 0),
    involuntarySwitches: activities.reduce((sum, one) => sum + one.involuntarySwitches, 0),
    peakRssBytes: activities.reduce<number | null>(
      (sum, { peakRssBytes }) => (sum === null || peakRssBytes === null ? null : sum + peakRssBytes),
      0,
    ),
  }
}
