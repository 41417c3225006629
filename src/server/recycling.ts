import type { ServerSettings } from './settings.js'

/** Memory is looked at this often, and a worker is over its limit when it was so often in a row. */
const MEMORY_EVERY_MS = 1000
const MEMORY_STRIKES = 3

/** What is known of a worker that may be due. */
export interface Aging {
  readonly pid: number
  readonly readyAtMs: number | null
  /** Answered so far. */
  readonly requests: number
}

type Limits = Pick<
  ServerSettings,
  'maxRequests' | 'maxRequestsJitter' | 'maxMemoryBytes' | 'maxLifetimeSeconds'
>

/**
 * When one worker has served long enough. Jitter is drawn once: from 0 to the setting more requests, and as the
 * same share of a tenth of its lifetime, so that workers started together do not fall due together.
 */
export class Retirement {
  readonly #limits: Limits
  readonly #afterRequests: number
  readonly #afterMs: number
  #lookedAtMs = -Infinity
  #strikes = 0

  /** @param draw a number from 0 to 1. */
  constructor(limits: Limits, draw: number) {
    this.#limits = limits
    this.#afterRequests = limits.maxRequests + Math.floor(draw * (limits.maxRequestsJitter + 1))
    this.#afterMs = limits.maxLifetimeSeconds * 1000 * (1 + draw / 10)
  }

  /**
   * @param memoryOf bytes that a process holds, or `null` when it is gone.
   * @returns why the worker is to be replaced, or `null`.
   */
  due(worker: Aging, nowMs: number, memoryOf: (pid: number) => number | null): string | null {
    if (worker.readyAtMs === null) return null
    if (this.#limits.maxRequests > 0 && worker.requests >= this.#afterRequests) {
      return `answered ${worker.requests} requests`
    }
    const ageMs = nowMs - worker.readyAtMs
    if (this.#afterMs > 0 && ageMs >= this.#afterMs) return `lived ${Math.round(ageMs / 1000)} s`
    return this.#overMemory(worker.pid, nowMs, memoryOf)
  }

  #overMemory(pid: number, nowMs: number, memoryOf: (pid: number) => number | null): string | null {
    if (this.#limits.maxMemoryBytes === 0 || nowMs - this.#lookedAtMs < MEMORY_EVERY_MS) return null
    this.#lookedAtMs = nowMs
    const bytes = memoryOf(pid)
    // One look may meet the moment before a garbage collection.
    this.#strikes = bytes !== null && bytes > this.#limits.maxMemoryBytes ? this.#strikes + 1 : 0
    if (bytes === null || this.#strikes < MEMORY_STRIKES) return null
    const mib = (size: number) => `${Math.round(size / 1024 ** 2)} MiB`
    return `holds ${mib(bytes)}, more than ${mib(this.#limits.maxMemoryBytes)}`
  }
}
