import { pBelowBySpread, sharedSpread } from './shared-spread.js'
import { pBelow } from './statistics.js'

/** Before the third block a contender alone has no spread worth the name. */
export const FIRST_LOOK = 3
/** All of them together have one from the second block on. */
const FIRST_SHARED_LOOK = 2

/** Chance, over the whole race, that the best configuration is dropped. */
const RACE_ALPHA = 0.05

/** Nothing is dropped for being worse by less than this: such candidates may still win on cost. */
const MIN_TOLERANCE = 0.1

/**
 * Which labels are clearly worse than the best so far: a one-sided t test, by the spread that all of them share (shared-spread.ts), says that
 * the true ratio is below 1 / (1 + max(10 %, margin)). Six labels after two blocks have to reach a t of 4.0, where each by itself would
 * have to reach 64.
 *
 * The error of the race is controlled. Look k = 1, 2, … (one after each block from the second) may spend
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
  const look = blocksDone - FIRST_SHARED_LOOK + 1
  if (look < 1) return []
  const alpha = RACE_ALPHA / (look * (look + 1)) / Math.max(1, pairsAgainstBest.size)
  const bound = -Math.log1p(Math.max(MIN_TOLERANCE, margin))
  // Only of those that have a pair in every block is it known which pairs are of one block.
  const isComplete = ({ length }: readonly number[]): boolean => length === blocksDone
  const spread = sharedSpread([...pairsAgainstBest.values()].filter(isComplete))
  const pOf = (pairs: readonly number[]): number => {
    if (spread !== null && isComplete(pairs)) return pBelowBySpread(pairs, bound, spread)
    return pairs.length >= FIRST_LOOK ? pBelow(pairs, bound) : 1
  }
  return [...pairsAgainstBest].flatMap(([label, pairs]) => (pOf(pairs) <= alpha ? [label] : []))
}
