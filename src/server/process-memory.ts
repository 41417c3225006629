import { readFileSync } from 'node:fs'

/**
 * The memory that a process accounts for, in bytes: PSS, which shares out common pages, or RSS where the kernel
 * does not tell PSS.
 *
 * @returns `null` when it is gone, or on systems without /proc.
 */
export function memoryBytes(pid: number): number | null {
  return pssBytes(pid) ?? rssBytes(pid)
}

/** Proportional memory in bytes. */
export function pssBytes(pid: number): number | null {
  return kilobytes(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m)
}

/** Resident memory in bytes, shared pages included. */
export function rssBytes(pid: number): number | null {
  return kilobytes(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m)
}

function kilobytes(path: string, line: RegExp): number | null {
  try {
    const amount = line.exec(readFileSync(path, 'utf8'))?.[1]
    return amount === undefined ? null : Number(amount) * 1024
  } catch {
    return null
  }
}
