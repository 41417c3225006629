/** Number of CPUs in a kernel list such as `0-3,8,10-11`; `null` when empty or not a list. */
export function countCpuList(text: string): number | null {
  return parseCpuList(text)?.size ?? null
}

/** The CPUs of such a list, in its order. */
export function parseCpuList(text: string): ReadonlySet<number> | null {
  const trimmed = text.trim()
  if (trimmed === '') return null
  const cpus = new Set<number>()
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim())
    if (!match) return null
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (last < first) return null
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu)
  }
  return cpus
}

/** The CPUs that /proc/self/status says the process may use. */
export function parseAllowedCpus(status: string): ReadonlySet<number> | null {
  const list = /^Cpus_allowed_list:[ \t]*(\S*)/m.exec(status)?.[1]
  return list === undefined ? null : parseCpuList(list)
}

/** CPUs of the affinity mask in /proc/self/status; the mask is there even where the list is not. */
export function parseAffinity(status: string): number | null {
  const fromList = parseAllowedCpus(status)
  if (fromList !== null) return fromList.size
  const mask = /^Cpus_allowed:[ \t]*([0-9a-f,]+)[ \t]*$/im.exec(status)?.[1]
  if (mask === undefined) return null
  const bits = Array.from(mask.replaceAll(',', ''), (digit) => BITS[parseInt(digit, 16)] ?? 0)
  return bits.reduce((sum, count) => sum + count, 0) || null
}

/** Number of ones in each hexadecimal digit. */
const BITS = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4]

/** One field of /proc/meminfo in bytes. The file writes kB and means KiB. */
export function parseMeminfo(text: string, field: 'MemTotal' | 'MemAvailable'): number | null {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  return kibibytes === undefined ? null : Number(kibibytes) * 1024
}

/** RLIMIT_NOFILE from /proc/self/limits; `Infinity` stands for `unlimited`. */
export function parseOpenFiles(limits: string): { soft: number; hard: number } | null {
  const match = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)\s/m.exec(limits)
  if (!match) return null
  const limit = (text = ''): number => (text === 'unlimited' ? Infinity : Number(text))
  return { soft: limit(match[1]), hard: limit(match[2]) }
}

/** Share of the last 10 s, in percent, in which at least one task waited for the resource (/proc/pressure/*). */
export function parsePressure(text: string): number | null {
  const percent = /^some avg10=(\d+(?:\.\d+)?)\b/m.exec(text)?.[1]
  return percent === undefined ? null : Number(percent)
}

/** A whole number above zero, as /proc/sys prints it. */
export function parseCount(text: string): number | null {
  const trimmed = text.trim()
  return /^\d+$/.test(trimmed) && Number(trimmed) > 0 ? Number(trimmed) : null
}
