import { performance } from 'node:perf_hooks'

// `performance.now()` counts from the start of its process or thread; the monotonic clock below it is the machine's. With
// the difference added, two of them read the same instant as the same number, which is what starts several
// generators together.
const processStartMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Machine-wide monotonic milliseconds, with fractions. */
export function monotonicMs(): number {
  return processStartMs + performance.now()
}
