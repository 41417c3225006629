import type { Answer } from './answer.js'

/** Memory above the measured figure that a unit, container or pod gets, and where it is ended. */
const ROOM = { soft: 1.5, hard: 2 }

/** From where on a server is held back, and from where on it is ended, bytes. */
export interface MemoryLimits {
  softBytes: number
  hardBytes: number
}

/**
 * So many times what was measured, and what a leak keeps until a worker is replaced for it: a limit below that would end the server first. No more
 * than was asked for with --max-memory.
 */
export function memoryLimits({ memoryBytes, recycle, mostBytes }: Answer): MemoryLimits {
  const growthBytes = recycle?.growthBytes ?? 0
  const limit = (room: number): number => Math.min(mostBytes ?? Infinity, memoryBytes * room + growthBytes)
  return { softBytes: limit(ROOM.soft), hardBytes: limit(ROOM.hard) }
}
