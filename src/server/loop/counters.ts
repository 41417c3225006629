import { monotonicMs } from '../clock.js'

/** Upper bounds of the queue-wait histogram, milliseconds; one more bucket takes the rest. */
export const WAIT_BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000] as const

/** Places of the figures. Numbers, as several of them change with every request. */
export const CELL = {
  /** When the loop was last seen turning, on the monotonic clock. */
  turnedAtMs: 0,
  /** Requests answered. */
  requests: 1,
  busySlots: 2,
  connections: 3,
  /** Requests that the server itself turned away. */
  refused: 4,
  /** Requests that ran into the request timeout. */
  timedOut: 5,
  /** Clients who went before they had their answer. */
  aborted: 6,
  /** Connections that came to nothing before HTTP: a failed TLS handshake, no PROXY header. */
  handshakesFailed: 7,
  /** All of the time that requests have waited for their turn. */
  waitedMs: 8,
  gcCount: 9,
  gcMs: 10,
  /** How late the loop's timers were in the last seconds. */
  delayP50Ms: 11,
  delayP99Ms: 12,
  delayMaxMs: 13,
  /** Requests that the app has, or whose answers are not yet sent. */
  underWay: 14,
} as const

export type Cell = (typeof CELL)[keyof typeof CELL]
/** The histogram of waits comes after them. */
const WAITS = Object.keys(CELL).length

/**
 * What an event loop tells while it runs. The figures lie in shared memory, so that the worker's main thread
 * reads them even when the thread that writes them is blocked.
 */
export class LoopCounters {
  static readonly bytes = (WAITS + WAIT_BOUNDS_MS.length + 1) * Float64Array.BYTES_PER_ELEMENT
  readonly #cells: Float64Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(LoopCounters.bytes)) {
    this.#cells = new Float64Array(buffer)
    if (this.get(CELL.turnedAtMs) === 0) this.turned()
  }

  get(cell: Cell): number {
    return this.#cells[cell] ?? 0
  }

  set(cell: Cell, value: number): void {
    this.#cells[cell] = value
  }

  add(cell: Cell, amount = 1): void {
    this.set(cell, this.get(cell) + amount)
  }

  turned(): void {
    this.set(CELL.turnedAtMs, monotonicMs())
  }

  /** A request got its turn after it had waited so long. */
  waited(ms: number): void {
    let bucket = 0
    while (bucket < WAIT_BOUNDS_MS.length && ms > (WAIT_BOUNDS_MS[bucket] ?? 0)) bucket += 1
    this.#cells[WAITS + bucket] = (this.#cells[WAITS + bucket] ?? 0) + 1
    this.add(CELL.waitedMs, ms)
  }

  /** Requests by bucket; the last one is above all bounds. */
  get waits(): number[] {
    return Array.from(this.#cells.subarray(WAITS))
  }
}
