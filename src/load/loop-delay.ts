import { monotonicMs } from '../result/monotonic-clock.js'
import type { LoopDelay } from './messages.js'

const INTERVAL_MS = 5

/**
 * Watches how late timers of this process fire. `monitorEventLoopDelay` records whole periods of its own timer, which hide
 * delays below a period; here each timer is set anew and compared with the instant that it was set for. Node rounds
 * timers up to a millisecond, so less than that is no delay.
 *
 * @returns stops the watch and gives its figures
 */
export function watchLoopDelay(): () => LoopDelay {
  let sum = 0
  let count = 0
  let max = 0
  let dueMs = 0
  let timer: NodeJS.Timeout | undefined
  const arm = (): void => {
    dueMs = monotonicMs() + INTERVAL_MS
    timer = setTimeout(tick, INTERVAL_MS)
  }
  const note = (): void => {
    const lateMs = Math.max(0, monotonicMs() - dueMs - 1)
    sum += lateMs
    count++
    max = Math.max(max, lateMs)
  }
  const tick = (): void => {
    note()
    arm()
  }
  arm()
  return () => {
    clearTimeout(timer)
    // A loop that is held up right now has not reported it yet.
    if (monotonicMs() > dueMs) note()
    return { mean: count === 0 ? 0 : sum / count, max }
  }
}
