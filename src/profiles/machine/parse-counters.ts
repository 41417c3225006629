// Counters since the start of the machine, as the kernel prints them.

/** The kernel reports CPU time to user space in ticks of 1/100 s (USER_HZ), whatever it uses inside. */
const TICKS_PER_SECOND = 100

/** All CPUs together, from the first line of /proc/stat (proc_stat(5)). Guest time is within user time. */
export function parseCpuTimes(
  text: string,
): { busySeconds: number; stolenSeconds: number; allSeconds: number } | null {
  const fields = /^cpu +(\d[\d ]*)$/m.exec(text)?.[1]?.trim().split(/ +/).map(Number) ?? []
  const [user, nice, system, idle, waiting = 0, irq = 0, softIrq = 0, stolen = 0] = fields
  if (user === undefined || nice === undefined || system === undefined || idle === undefined) return null
  const busy = user + nice + system + irq + softIrq
  return {
    busySeconds: busy / TICKS_PER_SECOND,
    stolenSeconds: stolen / TICKS_PER_SECOND,
    allSeconds: (busy + idle + waiting + stolen) / TICKS_PER_SECOND,
  }
}

/** Seconds in which some task waited, from a file of /proc/pressure; it counts microseconds. */
export function parsePressureTotal(text: string): number | null {
  const micros = /^some .*\btotal=(\d+)$/m.exec(text)?.[1]
  return micros === undefined ? null : Number(micros) / 1e6
}

/**
 * Connections that a full listen queue cost: `ListenDrops` of /proc/net/netstat, which counts the overflows too
 * (a line of names, then a line of values, both beginning with `TcpExt:`).
 */
export function parseListenDrops(text: string): number | null {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.trim().split(' '))
  const drops = Number(values[names.indexOf('ListenDrops')] ?? NaN)
  return Number.isFinite(drops) ? drops : null
}
