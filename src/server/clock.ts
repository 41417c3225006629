/** Milliseconds of the system's monotonic clock. Unlike `performance.now()` it is the same in every process and thread. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
