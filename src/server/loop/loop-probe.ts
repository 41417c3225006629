import { monitorEventLoopDelay, PerformanceObserver, type IntervalHistogram } from 'node:perf_hooks'
import { monotonicMs } from '../clock.js'
import { CELL, type LoopCounters } from './counters.js'

/** A timer that goes off so often measures how late timers are: fifty wake-ups a second, 0.1 % of a core. */
const RESOLUTION_MS = 20
/** Delays are those of the last so many seconds, at least half of it. */
const WINDOW_MS = 10_000

/** Watches one event loop from inside: garbage collections and how late its timers are. */
export class LoopProbe {
  readonly #counters: LoopCounters
  readonly #delay: IntervalHistogram
  #sinceMs = monotonicMs()

  constructor(counters: LoopCounters) {
    this.#counters = counters
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#delay.enable()
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        counters.add(CELL.gcCount)
        counters.add(CELL.gcMs, duration)
      }
    }).observe({ entryTypes: ['gc'] })
  }

  /** Called with every beat. */
  publish(): void {
    if (this.#delay.count > 0) {
      this.#counters.set(CELL.delayP50Ms, lateness(this.#delay.percentile(50)))
      this.#counters.set(CELL.delayP99Ms, lateness(this.#delay.percentile(99)))
      this.#counters.set(CELL.delayMaxMs, lateness(this.#delay.max))
    }
    const nowMs = monotonicMs()
    if (nowMs - this.#sinceMs < WINDOW_MS) return
    this.#sinceMs = nowMs
    this.#delay.reset()
  }
}

/** The histogram holds whole intervals, in nanoseconds. */
function lateness(intervalNs: number): number {
  return Math.max(0, intervalNs / 1e6 - RESOLUTION_MS)
}
