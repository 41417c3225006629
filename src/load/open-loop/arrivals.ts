/** `constant`: evenly spaced. `poisson`: independent of each other, as many users are; gaps vary, bursts occur. */
export type Arrivals = 'constant' | 'poisson'

/**
 * Intended send times as milliseconds from the start, without end. The schedule knows nothing of answers: that is what makes the
 * load open.
 *
 * @param random uniform on [0, 1)
 */
export function* arrivalTimes(
  arrivals: Arrivals,
  ratePerSecond: number,
  random: () => number,
): Generator<number> {
  const gapMs = 1000 / ratePerSecond
  if (arrivals === 'constant') {
    // Multiplied, not added up: no rounding error grows over a long run.
    for (let index = 0; ; index++) yield index * gapMs
  }
  for (let atMs = 0; ;) {
    atMs += -Math.log(1 - random()) * gapMs
    yield atMs
  }
}
