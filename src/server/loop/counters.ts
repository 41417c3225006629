import { monotonicMs } from '../clock.js'

/**
 * What an event loop tells while it runs. The figures lie in shared memory, so that the worker's main thread
 * reads them even when the thread that writes them is blocked.
 */
export class LoopCounters {
  static readonly bytes = 4 * Float64Array.BYTES_PER_ELEMENT
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
}
