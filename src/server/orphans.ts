import { processStats, waiter, zombiesOf } from './native/reaper.js'

const LOOK_EVERY_MS = 1000

export interface OrphanParts {
  /** Children of this process that ended and were not waited for. */
  zombies: () => number[]
  reap: (pid: number) => void
}

/**
 * The duty of process 1: whoever loses his parent becomes its child, and stays in the process table until it waits
 * for him. Node waits only for the children that it started itself, and does so as soon as its loop turns; so whoever
 * is a zombie at two looks in a row is nobody that Node will ask for.
 */
export class Orphans {
  readonly #parts: OrphanParts
  #seen = new Set<number>()
  #lookedAtMs = -Infinity

  constructor(parts: OrphanParts) {
    this.#parts = parts
  }

  /** The arbiter's loop turns. @returns how many were reaped. */
  turned(nowMs: number): number {
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return 0
    this.#lookedAtMs = nowMs
    const zombies = this.#parts.zombies()
    const due = zombies.filter((pid) => this.#seen.has(pid))
    for (const pid of due) this.#parts.reap(pid)
    this.#seen = new Set(zombies.filter((pid) => !due.includes(pid)))
    return due.length
  }
}

/** Only process 1 inherits strangers. `null` for any other, and where nothing can be waited for. */
export function orphansOf(pid: number): Orphans | null {
  const reap = pid === 1 ? waiter() : null
  return reap && new Orphans({ reap, zombies: () => zombiesOf(pid, processStats()) })
}
