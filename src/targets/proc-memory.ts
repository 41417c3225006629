import { readFile } from 'node:fs/promises'

/** Resident memory of one process; PSS shares out the pages it has in common with others, so it can be summed. */
export interface ProcessMemory {
  rssBytes: number
  /** `null` where the kernel does not tell: no smaps_rollup (before Linux 4.14), or another user's process. */
  pssBytes: number | null
  /** Pages that no other process has mapped: what ending this one would give back. `null` where the kernel does not tell. */
  privateBytes?: number | null
}

/** Parses /proc/<pid>/smaps_rollup (proc(5)); its unit is kB, which means 1024 bytes. */
export function parseSmapsRollup(text: string): ProcessMemory | null {
  const rssBytes = field(text, 'Rss')
  if (rssBytes === null) return null
  const [clean, dirty] = [field(text, 'Private_Clean'), field(text, 'Private_Dirty')]
  const privateBytes = clean === null || dirty === null ? null : clean + dirty
  return { rssBytes, pssBytes: field(text, 'Pss'), privateBytes }
}

/** `null` when the process is gone, or the system has no /proc. */
export async function readMemory(pid: number): Promise<ProcessMemory | null> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const memory = parseSmapsRollup(rollup)
  if (memory) return memory
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const rssBytes = field(status, 'VmRSS')
  return rssBytes === null ? null : { rssBytes, pssBytes: null, privateBytes: null }
}

function field(text: string, name: string): number | null {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)
  return match ? Number(match[1]) * 1024 : null
}
