import type { ServerSettings } from './settings.js'

/** Memory is looked at this often, and a worker is over its limit when it was so often in a row. */
const MEMORY_EVERY_MS = 1000
const MEMORY_STRIKES = 3
/** A worker whose limit holds nothing from the start is replaced once it holds so many times as much: it leaks. */
const GROWTH_FROM_START = 2

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
  /** What it held before it had answered anything, where that is over the limit already. */
  #overFromStartBytes: number | null = null
  /** It held less at one time, so what it holds it has grown to, by streams or work in the background without an answer. */
  #hasFitted = false

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
    return this.#overMemory(worker, nowMs, memoryOf)
  }

  /**
   * The limit that memory is under where a worker holds more before its first request, once that is certain; else `null`. Another worker
   * would hold the same: to replace it for that would go on for ever, and load the app again and again.
   */
  get overFromStart(): { limitBytes: number; beganWithBytes: number; replacedAtBytes: number } | null {
    const beganWithBytes = this.#overFromStartBytes
    if (beganWithBytes === null || this.#strikes < MEMORY_STRIKES) return null
    const limitBytes = this.#limits.maxMemoryBytes
    return { limitBytes, beganWithBytes, replacedAtBytes: GROWTH_FROM_START * beganWithBytes }
  }

  #overMemory(
    { pid, requests }: Aging,
    nowMs: number,
    memoryOf: (pid: number) => number | null,
  ): string | null {
    const limitBytes = this.#limits.maxMemoryBytes
    if (limitBytes === 0 || nowMs - this.#lookedAtMs < MEMORY_EVERY_MS) return null
    this.#lookedAtMs = nowMs
    const bytes = memoryOf(pid)
    const isOver = bytes !== null && bytes > limitBytes
    if (bytes !== null && !isOver) this.#hasFitted = true
    if (!isOver) this.#overFromStartBytes = null
    else if (requests === 0 && !this.#hasFitted) this.#overFromStartBytes ??= bytes
    // One look may meet the moment before a garbage collection.
    this.#strikes = isOver ? this.#strikes + 1 : 0
    if (bytes === null || this.#strikes < MEMORY_STRIKES) return null
    if (bytes < (this.overFromStart?.replacedAtBytes ?? 0)) return null
    return `holds ${mib(bytes)}, more than ${mib(limitBytes)}`
  }
}

/** Said once for a server: the limit is too small, whatever its workers do. */
export function limitTooSmall(pid: number, over: Retirement['overFromStart'] & {}): string {
  const { limitBytes, beganWithBytes, replacedAtBytes } = over
  return (
    `--max-memory ${mib(limitBytes)} is less than a fresh worker takes (pid:${pid} held ${mib(beganWithBytes)} before it had answered anything): ` +
    `such a worker is replaced only from ${mib(replacedAtBytes)}. Set --max-memory well above ${mib(beganWithBytes)}, or to 0`
  )
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`
}
