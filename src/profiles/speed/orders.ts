export const SWITCH = { off: 0, on: 1, ended: 2 } as const

/** What a thread is given. */
export interface ThreadOrders {
  cpu: number
  track: SharedArrayBuffer
  /** One of `SWITCH`, the same for all threads. */
  power: Int32Array
}
