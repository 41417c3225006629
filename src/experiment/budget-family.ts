import type { Budget, BudgetOutcome } from '../result/budget.js'
import { holm } from './holm.js'

/** Each bound of a 95 % interval may be wrong in one of forty. */
const ALPHA = 0.025

/** A budget that was decided by its own interval. */
export interface DecidedAlone {
  outcome: BudgetOutcome
  /** How often a change that keeps the limit would look as bad as this one: one-sided p. `null` where no change was measured. */
  pKept: number | null
}

/**
 * Budgets against the baseline, decided together: each further one is another chance for noise to break some limit, so what breaks its
 * limit alone must also survive Holm's adjustment over all of them. What passes needs none: the gate opens only when every budget
 * passes, and to be wrong then takes an error in a given one (intersection-union; R. L. Berger, Technometrics 24, 1982).
 */
export function decideTogether(decided: readonly DecidedAlone[]): BudgetOutcome[] {
  const adjusted = holm(decided.flatMap(({ pKept }) => pKept ?? []))
  const family = adjusted.length
  return decided.map(({ outcome, pKept }) => {
    if (pKept === null) return outcome
    const p = adjusted.shift() ?? 1
    if (outcome.outcome !== 'fail' || p <= ALPHA) return outcome
    return { ...outcome, outcome: 'inconclusive', note: unsureNote(family) }
  })
}

/**
 * How often a change that keeps the limit would look as bad as this: the p of the side of the limit on which it is broken. `pBelow` gives
 * the p that the logarithm of the ratio lies below a bound, or (`mirrored`, both with their signs turned) above it.
 */
export function pKeptOf(
  { operator, limit }: Budget,
  pBelow: (logBound: number, mirrored: boolean) => number | null,
): number | null {
  // No ratio is below nothing.
  const logLimit = limit <= -1 ? -Infinity : Math.log1p(limit)
  return operator.startsWith('>') ? pBelow(logLimit, false) : pBelow(-logLimit, true)
}

function unsureNote(family: number): string {
  return `broken by its own interval, but of ${family} budgets against the baseline one is by chance more easily; adjusted for that (Holm) it is not sure`
}
