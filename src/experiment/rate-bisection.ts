import { SAME_RATE } from '../result/undecided.js'
import type { LargestRate } from './rate-search.js'

/** Where a search looks. Requests per second. */
export interface RateRange {
  /** Tried first. */
  first: number
  /** Halvings beyond those that are asked for, as the range is wider than usual. */
  extraSteps: number
  lowest: number
  /** Taken for too much until it is reached; it is not said to fail before it was tried. */
  highest: number
}

/** The rate that is answered is tried again. That a lower one is tried as well, where it fails then, is rare. */
export const REPEATS = 1
export const FEWEST_HALVINGS = 3

/**
 * The largest rate that `ask` accepts twice, by halves of the range on a logarithmic scale until the steps are used up, or the time. A rate that met the
 * objective once and does not again was luck: the answer moves down until one repeats.
 *
 * @param isTimeFor so many windows at this rate
 * @returns `failed: null` where nothing above the answer was tried in vain; `null` where the time was up before a rate was met twice, or the
 *   fewest were missed: lower rates take longer than was planned for
 */
export async function bisectRate(
  { first, extraSteps, lowest, highest }: RateRange,
  halvings: number,
  ask: (rate: number) => Promise<boolean>,
  isTimeFor: (rate: number, times: number) => boolean,
): Promise<LargestRate | null> {
  const found: LargestRate = { met: null, failed: null }
  /** How often each rate was met; one that failed since is not in it. */
  const metTimes = new Map<number, number>()
  const attempt = async (rate: number): Promise<boolean> => {
    const ok = await ask(rate)
    if (ok) {
      found.met = Math.max(found.met ?? 0, rate)
      metTimes.set(rate, (metTimes.get(rate) ?? 0) + 1)
    } else {
      found.failed = Math.min(found.failed ?? Infinity, rate)
      for (const higher of [...metTimes.keys()].filter((one) => one >= rate)) metTimes.delete(higher)
    }
    return ok
  }

  const steps = halvings + extraSteps
  for (let step = 0; step < steps; step++) {
    const rate = step === 0 ? first : Math.sqrt((found.met ?? lowest) * (found.failed ?? highest))
    if (!isTimeFor(rate, 1 + REPEATS)) {
      if (found.met === null && step < FEWEST_HALVINGS) return null
      break
    }
    await attempt(rate)
  }
  if (found.met === null) return found
  if (found.failed === null && isTimeFor(highest, 1 + REPEATS)) await attempt(highest)

  let rate = found.met
  for (let times = metTimes.get(rate) ?? 0; times <= REPEATS; times = metTimes.get(rate) ?? 0) {
    // The time for a repetition was set aside with the first time.
    if (times === 0 && !isTimeFor(rate, 1 + REPEATS)) return null
    if (await attempt(rate)) continue
    // One below that was met already needs no more than its repetition.
    rate = metTimes.size > 0 ? Math.max(...metTimes.keys()) : rate / SAME_RATE
    if (rate < lowest) return { met: null, failed: found.failed }
  }
  return { met: rate, failed: found.failed }
}
