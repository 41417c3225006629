import type { Descriptors } from '../native/descriptors.js'

/**
 * So many descriptors stay free for the app's own files and connections. They also keep libuv from its own remedy for a process
 * that has none: it accepts everybody who waits and hangs up.
 */
const SPARE = 16
/** A limit changes hardly ever, and asking costs a system call. */
const ASK_EVERY_MS = 1000

/** Whether this process may still accept. A new descriptor has the lowest free number, so that tells how full it is. */
export class DescriptorRoom {
  readonly #native: Pick<Descriptors, 'limit'> | null
  #limit = 0
  #askedAtMs = -Infinity

  constructor(native: Pick<Descriptors, 'limit'> | null) {
    this.#native = native
  }

  /** @param fd the newest descriptor. */
  isAbove(fd: number): boolean {
    if (this.#native === null) return true
    const nowMs = performance.now()
    if (nowMs - this.#askedAtMs >= ASK_EVERY_MS) {
      this.#askedAtMs = nowMs
      this.#limit = this.#native.limit()
    }
    return fd + SPARE < this.#limit
  }
}
