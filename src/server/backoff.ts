const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000
/** One that was ready for less has not started well. */
const STARTED_WELL_MS = 1000
/** A worker that was ready for this long has started well. */
const SETTLED_MS = 5000

export interface RestartBudget {
  /** So many replacements of dead workers at once. 0: no limit. */
  restartBudget: number
  /** In this time the whole budget comes back, bit by bit. */
  restartWindowSeconds: number
}

/**
 * Slows down the replacement of workers that die. One that dies while it starts is tried again after a delay that
 * doubles, so an app that cannot start does not eat a core in a loop of attempts. One that had served is replaced at
 * once, so a crash costs no capacity, as long as the budget lasts: a token bucket, so that an app that crashes again
 * and again after it was ready is started at the steady rate of the budget.
 */
export class Backoff {
  readonly #budget: number
  readonly #msPerRestart: number
  #left: number
  #countedAtMs = -Infinity
  #failures = 0
  #nextAtMs = 0

  constructor({ restartBudget, restartWindowSeconds }: RestartBudget) {
    this.#budget = restartBudget === 0 ? Infinity : restartBudget
    this.#msPerRestart = (restartWindowSeconds * 1000) / this.#budget
    this.#left = this.#budget
  }

  /** Consecutive workers that died while starting, or right after. */
  get failures(): number {
    return this.#failures
  }

  /** Whole replacements that may be made at once; `null` without a limit. */
  budgetLeft(nowMs: number): number | null {
    this.#refill(nowMs)
    return this.#budget === Infinity ? null : Math.max(0, Math.floor(this.#left))
  }

  /** May another worker be started now? */
  allows(nowMs: number): boolean {
    return nowMs >= this.#nextAtMs
  }

  /** @returns how long no worker will be started, and whether that is because the budget is used up. */
  workerDied(nowMs: number, readyAtMs: number | null): { delayMs: number; exhausted: boolean } {
    this.#refill(nowMs)
    this.#left -= 1
    const exhausted = this.#left < 0
    const budgetMs = exhausted ? -this.#left * this.#msPerRestart : 0
    const delayMs = Math.max(budgetMs, this.#startDelayMs(nowMs, readyAtMs))
    this.#nextAtMs = Math.max(this.#nextAtMs, nowMs + delayMs)
    return { delayMs, exhausted }
  }

  /** @param readyAtMs when the youngest worker became ready. */
  workersLive(nowMs: number, readyAtMs: number): void {
    if (nowMs - readyAtMs >= SETTLED_MS) this.#failures = 0
  }

  #startDelayMs(nowMs: number, readyAtMs: number | null): number {
    if (readyAtMs !== null && nowMs - readyAtMs >= STARTED_WELL_MS) return 0
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures)
    this.#failures += 1
    return delayMs
  }

  #refill(nowMs: number): void {
    if (nowMs > this.#countedAtMs && this.#budget !== Infinity)
      this.#left = Math.min(this.#budget, this.#left + (nowMs - this.#countedAtMs) / this.#msPerRestart)
    this.#countedAtMs = nowMs
  }
}
