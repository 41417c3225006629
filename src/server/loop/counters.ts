import { monotonicMs } from '../clock.js'

/**
 * What an event loop tells while it runs. The figures lie in shared memory, so that the worker's main thread
 * reads them even when the thread that writes them is blocked.
 */
export class LoopCounters {
  static readonly bytes = 7 * Float64Array.BYTES_PER_ELEMENT
  readonly #cells: Float64Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(LoopCounters.bytes)) {
    this.#cells = new Float64Array(buffer)
    if (this.turnedAtMs === 0) this.turned()
  }

  /** When the loop was last seen turning, on the monotonic clock. */
  get turnedAtMs(): number {
    return this.#cells[0] ?? 0
  }
  turned(): void {
    this.#cells[0] = monotonicMs()
  }

  /** Requests answered. */
  get requests(): number {
    return this.#cells[1] ?? 0
  }
  set requests(count: number) {
    this.#cells[1] = count
  }

  get busySlots(): number {
    return this.#cells[2] ?? 0
  }
  set busySlots(count: number) {
    this.#cells[2] = count
  }

  get connections(): number {
    return this.#cells[3] ?? 0
  }
  set connections(count: number) {
    this.#cells[3] = count
  }

  /** Requests that the server itself turned away. */
  get refused(): number {
    return this.#cells[4] ?? 0
  }
  set refused(count: number) {
    this.#cells[4] = count
  }

  /** Requests that ran into the request timeout. */
  get timedOut(): number {
    return this.#cells[5] ?? 0
  }
  set timedOut(count: number) {
    this.#cells[5] = count
  }

  /** Connections that came to nothing before HTTP: a failed TLS handshake, no PROXY header. */
  get handshakesFailed(): number {
    return this.#cells[6] ?? 0
  }
  set handshakesFailed(count: number) {
    this.#cells[6] = count
  }
}
