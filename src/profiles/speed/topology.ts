import { readFileSync } from 'node:fs'
import { parseCpuList } from '../machine/parse-proc.js'

/** May two of these CPUs belong to one core? @param siblings of a CPU, as the kernel lists them; `null` where it does not tell */
export function sharesCores(
  cpus: readonly number[],
  siblings: (cpu: number) => string | null = threadSiblings,
): boolean {
  const own = new Set(cpus)
  return cpus.some((cpu) => {
    const core = parseCpuList(siblings(cpu) ?? '')
    return core === null || [...core].some((other) => other !== cpu && own.has(other))
  })
}

function threadSiblings(cpu: number): string | null {
  try {
    return readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'utf8').trim()
  } catch {
    return null
  }
}
