import { loopsOf, type Configuration } from '../result/configuration.js'
import { serverBytes, type ServerMemory } from '../result/memory.js'

export interface Cost extends ServerMemory {
  configuration: Configuration
}

/** Memory wobbles by a few per cent between two starts of the same server. */
const MEMORY_MARGIN = 0.1

/**
 * Which is cheaper to run: fewer event loops (each has a heap and a copy of the app, in a thread as in a process), then
 * fewer processes, then clearly less memory. Negative when `a` is, 0 when neither is.
 */
export function compareCost(a: Cost, b: Cost): number {
  const loops = loopsOf(a.configuration) - loopsOf(b.configuration)
  if (loops !== 0) return loops
  const processes = a.configuration.workers - b.configuration.workers
  if (processes !== 0) return processes
  const [x, y] = [serverBytes(a), serverBytes(b)]
  if (x === null || y === null) return 0
  return Math.abs(x - y) <= MEMORY_MARGIN * Math.max(x, y) ? 0 : x - y
}

/** The same where memory matters most: clearly less memory, then fewer event loops and processes. */
export function compareMemory(a: Cost, b: Cost): number {
  const [x, y] = [serverBytes(a), serverBytes(b)]
  const difference = x === null || y === null ? 0 : x - y
  const clear = Math.abs(difference) > MEMORY_MARGIN * Math.max(x ?? 0, y ?? 0)
  return clear ? difference : compareCost(a, b)
}
