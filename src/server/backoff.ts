const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000
/** A worker that was ready for this long has started well. */
const SETTLED_MS = 5000

/**
 * Slows down the replacement of workers that die while they start. One that dies later is replaced at once, so
 * a crash costs no capacity, while an app that cannot start does not eat a core in a loop of attempts.
 */
export class Backoff {
  #failures = 0
  #nextAtMs = 0

  /** Consecutive workers that died while starting, or right after. */
  get failures(): number {
    return this.#failures
  }

  /** May another worker be started now? */
  allows(nowMs: number): boolean {
    return nowMs >= this.#nextAtMs
  }

  /** @returns how long no worker will be started. */
  workerDied(nowMs: number, readyAtMs: number | null): number {
    if (readyAtMs !== null && nowMs - readyAtMs >= 1000) return 0
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures)
    this.#failures += 1
    this.#nextAtMs = nowMs + delayMs
    return delayMs
  }

  /** @param readyAtMs when the youngest worker became ready. */
  workersLive(nowMs: number, readyAtMs: number): void {
    if (nowMs - readyAtMs >= SETTLED_MS) this.#failures = 0
  }
}
