/** The machine's monotonic clock. `performance.now()` counts from another start in every thread. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
