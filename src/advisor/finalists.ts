import type { CompareWith, Compared, Decision, Measured } from './decide.js'
import type { Policy } from './policy.js'

/** Beyond this below the best, what a short race shows is not "perhaps as good" any more. */
const PERHAPS_AS_GOOD = 0.1

/**
 * Who goes into the confirmation beside the controls: what the race would choose, and the cheapest that may prove as good as the best; the
 * cheapest alone where it was as good as the best in the race, as then it is what would be chosen.
 * Two at most, because time spent on a third is blocks that the decision lacks. Where the race shows that nothing beats the control, its best
 * rival, so that what is kept is confirmed too. None where the race could not measure.
 */
export function chooseFinalists(
  measured: readonly Measured[],
  decision: Decision,
  compareWith: CompareWith,
  { compareCost, asGoodMargin, asGoodEstimate, enoughRps }: Policy,
): Measured[] {
  const { because, control, best } = decision
  if (because === 'control-unmeasured' || because === 'generator-limited' || best === null) return []
  // What carries the rate was measured directly; nothing has to be told apart.
  if (enoughRps !== null && decision.action === 'change') return [decision.chosen]
  const tolerance = Math.max(PERHAPS_AS_GOOD, asGoodMargin(0))
  const againstBest = compareWith(best.key)
  const againstControl = compareWith(control.key)
  const rivals = measured.filter((one) => one !== control && one.throughputRps !== null)
  const plausible = rivals
    .filter((one) => one === best || mayBeAsGood(againstBest.get(one.key), tolerance))
    .filter((one) => tolerance > PERHAPS_AS_GOOD || againstControl.get(one.key)?.verdict !== 'worse')
    // Something that is neither faster nor cheaper cannot win, however long it is measured.
    .filter((one) => compareCost(one, control) < 0 || mayBeFaster(againstControl.get(one.key)))
    .sort(compareCost)
  const [cheapest] = plausible
  if (cheapest === undefined) return bestOf(rivals, againstControl)
  if (cheapest !== best && ratioOf(againstBest.get(cheapest.key)) > 1 / (1 + asGoodEstimate))
    return [cheapest]
  const chosen = decision.action === 'change' ? decision.chosen : plausible.includes(best) ? best : cheapest
  return [...new Set([chosen, cheapest])]
}

function bestOf(rivals: readonly Measured[], against: ReadonlyMap<string, Compared>): Measured[] {
  const ratio = ({ key }: Measured): number => ratioOf(against.get(key))
  return rivals.toSorted((a, b) => ratio(b) - ratio(a)).slice(0, 1)
}

function ratioOf(comparison: Compared | undefined): number {
  return comparison?.effect.ratio ?? 0
}

function mayBeAsGood(comparison: Compared | undefined, tolerance: number): boolean {
  if (comparison === undefined) return false
  const { ratio, high } = comparison.effect
  return ratio >= 1 - tolerance && (tolerance > PERHAPS_AS_GOOD || high === null || high >= 1)
}

/** The interval reaches above 1, or there is none yet. */
function mayBeFaster(comparison: Compared | undefined): boolean {
  return comparison !== undefined && comparison.verdict !== 'equivalent' && (comparison.effect.high ?? 2) > 1
}
