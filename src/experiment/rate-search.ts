/** Largest rate that met the objective and smallest that did not; `null` where there is none. */
export interface LargestRate {
  met: number | null
  failed: number | null
}

const STEP = 1.25
/** The answer is known to this part. */
const RESOLUTION = 0.05
const MOST_PROBES = 24
/** Below this part of the first rate a server is idle: what misses the objective there misses it at any rate, in ever longer windows. */
const IDLE = 1 / 25

/**
 * Searches the largest rate that `probe` accepts: steps of a quarter up or down from `first` until it lies between two,
 * then halves the distance until it is within 5 %. The rate that met the objective is then probed once more, because
 * one window decides by luck when the rate is near the limit: one that does not repeat moves the answer down.
 */
export async function searchRate(
  first: number,
  probe: (rate: number) => Promise<boolean>,
): Promise<LargestRate> {
  const bounds: LargestRate = { met: null, failed: null }
  let left = MOST_PROBES
  const ask = async (rate: number): Promise<boolean> => {
    left--
    const ok = await probe(rate)
    if (ok) bounds.met = Math.max(bounds.met ?? 0, rate)
    else bounds.failed = Math.min(bounds.failed ?? Infinity, rate)
    return ok
  }

  let rate = first
  while (left > 0) {
    const ok = await ask(rate)
    if (bounds.met !== null && bounds.failed !== null) break
    rate = ok ? rate * STEP : rate / STEP ** 2
    if (rate < Math.max(1, first * IDLE)) return bounds
  }
  for (let { met, failed } = bounds; left > 0 && isWide(met, failed); { met, failed } = bounds) {
    await ask(Math.sqrt((met ?? 1) * (failed ?? 1)))
  }
  // A rate that met the objective once and does not again was luck: the answer moves down until one repeats.
  while (left > 0 && bounds.met !== null && !(await ask(bounds.met))) {
    const lower: number = bounds.met / Math.sqrt(STEP)
    bounds.met = lower < 1 ? null : lower
  }
  return bounds
}

function isWide(met: number | null, failed: number | null): boolean {
  return met !== null && failed !== null && failed / met > 1 + RESOLUTION
}
