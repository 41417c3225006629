import { readFileSync } from 'node:fs'
import type { TestServer } from './server.js'

const MOST_TRIES = 2
/** Of one core. More, and the neighbour is what is measured. */
const MOST_FOREIGN_SHARE = 0.25
const TICK_MS = 10

/**
 * Measures once more when other processes used the machine meanwhile.
 *
 * @returns the last result, and whether the machine was left to it.
 */
export async function inQuietMoment<T>(
  server: TestServer,
  measure: () => Promise<T>,
): Promise<{ result: T; isQuiet: boolean }> {
  for (let tries = 1; ; tries += 1) {
    const before = await foreignMs(server)
    const startedAtMs = performance.now()
    const result = await measure()
    const tookMs = performance.now() - startedAtMs
    const isQuiet = (await foreignMs(server)) - before < MOST_FOREIGN_SHARE * tookMs
    if (isQuiet || tries === MOST_TRIES) return { result, isQuiet }
  }
}

/** CPU time, since the machine started, of everybody but this test and its server; stolen time counts as somebody's. */
async function foreignMs(server: TestServer): Promise<number> {
  const { workers } = await server.stats()
  const own = [process.pid, server.pid, ...workers.map(({ pid }) => pid)].map(processMs)
  return machineMs() - own.reduce((sum, ms) => sum + ms, 0)
}

function machineMs(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = readFileSync(
    '/proc/stat',
    'utf8',
  )
    .split('\n', 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * TICK_MS
}

function processMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0
  }
}
