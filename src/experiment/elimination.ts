import { pBelow } from './statistics.js'

/** Before the third block there is no spread worth the name. */
export const FIRST_LOOK = 3

/** Chance, over the whole race, that the best configuration is dropped. */
const RACE_ALPHA = 0.05

/** Nothing is dropped for being worse by less than this: such candidates may still win on cost. */
const MIN_TOLERANCE = 0.1

/**
 * Which labels are clearly worse than the best so far: a one-sided t test says that the true ratio is below
 * 1 / (1 + max(10 %, margin)).
 *
 * The error of the race is controlled. Look k = 1, 2, … (one after each block from the third) may spend
 * alpha / (k (k + 1)), which sums to alpha over any number of looks; within a look it is divided by the number of
 * rivals, because any of them may happen to lead (Bonferroni). So the best configuration survives the whole race
 * with at least 95 %, whoever leads in between, as far as log-ratios are normal.
 *
 * @param pairsAgainstBest ln(label / best) by label, without the best itself
 */
export function clearlyWorse(
  pairsAgainstBest: ReadonlyMap<string, readonly number[]>,
  blocksDone: number,
  margin: number,
): string[] {
  const look = blocksDone - FIRST_LOOK + 1
  if (look < 1) return []
  const alpha = RACE_ALPHA / (look * (look + 1)) / Math.max(1, pairsAgainstBest.size)
  const bound = -Math.log1p(Math.max(MIN_TOLERANCE, margin))
  const dropped: string[] = []
  for (const [label, pairs] of pairsAgainstBest) {
    if (pairs.length >= FIRST_LOOK && pBelow(pairs, bound) <= alpha) dropped.push(label)
  }
  return dropped
}
