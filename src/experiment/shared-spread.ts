import { mean } from 'simple-statistics'
import { CONFIDENCE, meanInterval, pBelowByError, type Interval } from './statistics.js'
import { tQuantile } from './student-t.js'

/** How much trials scatter, known from all contenders together: two blocks of six say more than a contender's own two. */
export interface SharedSpread {
  /** SD of ln X of one trial, what its contender and its block make of it taken off. */
  standardDeviation: number
  degreesOfFreedom: number
}

/**
 * The residuals of ln X = contender + block (two-way analysis of variance without replication), with (contenders - 1) * (blocks - 1) degrees
 * of freedom. From pairs with one reference: what it and the block share cancels in them, so they hold all of it, and the reference is a row of zeros.
 *
 * @param pairs ln(contender / reference) of every contender but the reference, one for each block in the same order
 * @returns `null` with fewer than two pairs in a block, or fewer than two blocks: then nothing is shared
 */
export function sharedSpread(pairs: readonly (readonly number[])[]): SharedSpread | null {
  const rows = [...pairs, (pairs[0] ?? []).map(() => 0)]
  const blocks = rows[0]?.length ?? 0
  if (rows.length < 3 || blocks < 2) return null
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

/** One-sided p that the mean of pairs is below `bound`. At least two pairs. */
export function pBelowBySpread(pairs: readonly number[], bound: number, spread: SharedSpread): number {
  return pBelowByError(mean([...pairs]) - bound, standardError(pairs, spread), spread.degreesOfFreedom)
}

/** The two-sided 95 % interval of the mean of pairs. At least two pairs. */
export function intervalBySpread(pairs: readonly number[], spread: SharedSpread): Interval {
  const own = meanInterval(pairs)
  const half = tQuantile((1 + CONFIDENCE) / 2, spread.degreesOfFreedom) * standardError(pairs, spread)
  return { ...own, low: own.mean - half, high: own.mean + half }
}

/**
 * The larger of two: a contender that is more restless than the others is not taken for calm. Its own has few degrees of freedom, so it
 * counts B / (B - 1) times: without, a best one with sixty times the scatter of the others left 6 % of the races.
 */
function standardError(pairs: readonly number[], { standardDeviation }: SharedSpread): number {
  const { standardDeviation: own, count } = meanInterval(pairs)
  return Math.max(((own ?? 0) * count) / (count - 1), Math.SQRT2 * standardDeviation) / Math.sqrt(count)
}
