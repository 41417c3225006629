import type { Effect } from './analysis.js'

/**
 * A t interval exists from two values, but with one degree of freedom it is 12.7 standard errors wide and says
 * nothing; from three on it is worth printing. It leans on normality until six blocks back it without (sign-flip.ts).
 */
export const BLOCKS_FOR_INTERVAL = 3

/** Rates of a search that are closer than this are the same: it is how finely it tells them apart. */
export const SAME_RATE = 1.1

/** Of an estimate that has no interval: it may as well be by so much too high, or too low; of a ratio of two, each in its own direction. */
export const WITHOUT_INTERVAL = 0.7

/**
 * On a noisy machine the margin grows with the A/A floor. `better` must clear all of it, but what may differ by more
 * than 10 % is not the same, however little this machine can tell.
 */
const WIDEST_EQUIVALENCE = 0.1

/** What is the same differs by no more than this, as the margin a ratio minus one. */
export function equivalentWithin(margin: number): number {
  return Math.min(margin, WIDEST_EQUIVALENCE)
}

/**
 * Why an effect carries no verdict: too few blocks for an interval; the interval reaches to both sides of no difference; it lies on one
 * side, but not beyond the margin; it lies beyond the margin, and another test or the whole run does not carry it.
 */
export type Undecided = 'few-blocks' | 'either-way' | 'within-margin' | 'other-checks'

/** @param margin as a ratio minus one */
export function whyUndecided({ low, high }: Pick<Effect, 'low' | 'high'>, margin: number): Undecided {
  if (low === null && high === null) return 'few-blocks'
  // How much one of two rates may be is not known.
  if (low === null || high === null || (low <= 1 && high >= 1)) return 'either-way'
  const limit = 1 + margin
  return low > limit || high < 1 / limit ? 'other-checks' : 'within-margin'
}
