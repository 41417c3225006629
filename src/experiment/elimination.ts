import { mean } from 'simple-statistics'
import { meanInterval, pBelow } from './statistics.js'
import { tCdf } from './student-t.js'

/** Before the third block a contender alone has no spread worth the name. */
export const FIRST_LOOK = 3
/** All of them together have one from the second block on. */
const FIRST_SHARED_LOOK = 2

/** Chance, over the whole race, that the best configuration is dropped. */
const RACE_ALPHA = 0.05

/** Nothing is dropped for being worse by less than this: such candidates may still win on cost. */
const MIN_TOLERANCE = 0.1

/**
 * Which labels are clearly worse than the best so far: a one-sided t test says that the true ratio is below
 * 1 / (1 + max(10 %, margin)).
 *
 * The standard error is the larger of two: that of the label's own pairs, and that of the residuals of all labels in all blocks, when ln X =
 * label + block is taken off (two-way analysis of variance without replication). The residuals have (labels - 1) * (blocks - 1) degrees of
 * freedom where own pairs have blocks - 1, so that after two blocks of six labels a t of 4.0 is asked in place of 64.
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
  const complete = [...pairsAgainstBest.values()].filter(({ length }) => length === blocksDone)
  const shared = residualSpread(complete)
  return [...pairsAgainstBest].flatMap(([label, pairs]) => {
    const p =
      shared !== null && pairs.length === blocksDone
        ? pBelowBySharedSpread(pairs, bound, shared)
        : pairs.length >= FIRST_LOOK
          ? pBelow(pairs, bound)
          : 1
    return p <= alpha ? [label] : []
  })
}

interface Spread {
  /** SD of ln X of one trial, what its label and its block make of it taken off. */
  standardDeviation: number
  degreesOfFreedom: number
}

/**
 * Of the residuals of ln X = label + block. What the best and the block share cancels in the pairs, so they hold all of it: the best is a row
 * of zeros. `null` with fewer than two rivals, who share nothing.
 */
function residualSpread(pairsOfRivals: readonly (readonly number[])[]): Spread | null {
  const rows = [...pairsOfRivals, (pairsOfRivals[0] ?? []).map(() => 0)]
  const blocks = rows[0]?.length ?? 0
  if (rows.length < 3 || blocks < FIRST_SHARED_LOOK) return null
  const ofRow = rows.map((row) => mean([...row]))
  const ofBlock = Array.from({ length: blocks }, (_, block) => mean(rows.map((row) => row[block] ?? 0)))
  const overall = mean(ofRow)
  const squares = rows.flatMap((row, index) =>
    row.map((value, block) => (value - (ofRow[index] ?? 0) - (ofBlock[block] ?? 0) + overall) ** 2),
  )
  const degreesOfFreedom = (rows.length - 1) * (blocks - 1)
  const sum = squares.reduce((total, square) => total + square, 0)
  return { standardDeviation: Math.sqrt(sum / degreesOfFreedom), degreesOfFreedom }
}

/** One-sided, by the larger of the two standard errors: a label that is more restless than the others is not taken for calm. */
function pBelowBySharedSpread(pairs: readonly number[], bound: number, shared: Spread): number {
  const { mean: center, standardDeviation: own } = meanInterval(pairs)
  const ofPair = Math.max(own ?? 0, Math.SQRT2 * shared.standardDeviation)
  if (ofPair === 0) return center < bound ? 0 : 1
  return tCdf((center - bound) / (ofPair / Math.sqrt(pairs.length)), shared.degreesOfFreedom)
}
