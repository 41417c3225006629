import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeFolder } from './report-dir.js'

/** What a report says about a worker. */
export interface HangFacts extends SeenFromOutside {
  pid: number
  nr: number
  state: string
  silentMs: number
  mainThreadSilentMs: number
  figures: unknown
  /** Where its JavaScript is, innermost frame first; `null` when that could not be read. */
  stack: string[] | null
}

/** What the kernel knows of it. */
export interface SeenFromOutside {
  diagnosis: string
  /** The text of /proc/<pid>/status. */
  process: string
  threads: ThreadReport[]
}

/**
 * A stopped process, an endless loop and a wait in the kernel, told apart. To be asked before the stack is read: for that
 * the debugger makes a running thread sleep.
 */
export function seenFromOutside(pid: number): SeenFromOutside {
  const threads = threadsOf(pid)
  return { diagnosis: diagnosisOf(threads[0]?.stateCode), process: procFile(pid, 'status'), threads }
}

/**
 * Writes what is known about a worker that is about to be killed for silence: its stack, its threads with
 * state, CPU time and what they wait for in the kernel, and its last figures.
 *
 * @returns the path, or the reason why nothing could be written.
 */
export function writeHangReport(directory: string, facts: HangFacts): { path: string } | { failed: string } {
  const at = new Date()
  const path = join(directory, `worker-${facts.pid}-${at.toISOString().replaceAll(':', '')}.json`)
  const report = { event: 'worker-timeout', at: at.toISOString(), ...facts }
  try {
    makeFolder(resolve(directory))
    writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
    return { path }
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

interface ThreadReport {
  id: number
  name: string
  /** As the kernel names it: R runs, S sleeps, D waits for a device, T is stopped; `?` where nobody tells. */
  stateCode: string
  userTicks: number
  systemTicks: number
  waitsIn: string
}

function threadsOf(pid: number): ThreadReport[] {
  let ids: string[]
  try {
    ids = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  return ids.map((id) => {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(procFile(pid, `task/${id}/stat`)) ?? []
    const fields = rest.split(' ')
    return {
      id: Number(id),
      name,
      stateCode: fields[0] ?? '?',
      userTicks: Number(fields[11]),
      systemTicks: Number(fields[12]),
      waitsIn: procFile(pid, `task/${id}/wchan`),
    }
  })
}

function diagnosisOf(stateCode: string | undefined): string {
  if (stateCode === 'R') return 'its main thread is running: an endless loop or long computation'
  if (stateCode === 'T' || stateCode === 't') return 'it was stopped by a signal or a debugger'
  if (stateCode === 'D') return 'its main thread waits in the kernel, for a disk or network file system'
  if (stateCode === 'S')
    return 'its main thread sleeps: a synchronous call that waits, or a thread of it hangs'
  return 'nothing is known of its threads'
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8').trim()
  } catch {
    return ''
  }
}
