/** Time comes in by parameter, so that a whole race can run on a simulated clock. */
export interface Clock {
  /** Monotonic milliseconds, for durations and deadlines. */
  monotonicMs(): number
  /** Wall clock, for the record only. */
  wallClock(): Date
}
