/**
 * A timer that is set anew far more often than it goes off. Setting and clearing a timer of Node's for each request cost 2 % of a `sync` worker,
 * so this one keeps Node's timer running and looks at the time when that goes off.
 */
export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined
  #timerEndsAtMs = 0
  #ringsAtMs = Infinity

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** In so many milliseconds; an earlier setting counts no more. */
  set(inMs: number): void {
    this.#ringsAtMs = performance.now() + inMs
    if (this.#timer === undefined || this.#timerEndsAtMs > this.#ringsAtMs) this.#start(inMs)
  }

  clear(): void {
    this.#ringsAtMs = Infinity
  }

  #start(inMs: number): void {
    clearTimeout(this.#timer)
    this.#timerEndsAtMs = performance.now() + inMs
    this.#timer = setTimeout(() => this.#look(), inMs)
  }

  #look(): void {
    this.#timer = undefined
    if (this.#ringsAtMs === Infinity) return
    // Node's timers may be up to a millisecond early by this clock.
    const leftMs = this.#ringsAtMs - performance.now()
    if (leftMs >= 1) {
      this.#start(leftMs)
      return
    }
    this.clear()
    this.#ring()
  }
}
