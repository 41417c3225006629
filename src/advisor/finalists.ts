import type { CompareWith, Compared, Decision, Measured } from './decide.js'
import type { Policy } from './policy.js'

/** Beyond this below the best, what a short race shows is not "perhaps as good" any more. */
const PERHAPS_AS_GOOD = 0.1

/**
 * Who goes into the confirmation beside the controls: what the race would choose, and the cheapest that may prove as good as the best; that
 * one alone where the race shows it as good already.
 * Two at most, because time spent on a third is blocks that the decision lacks. Where the race shows that nothing beats the control, its best
 * rival, so that what is kept is confirmed too. None where the race could not measure.
 */
export function chooseFinalists(
  measured: readonly Measured[],
  decision: Decision,
  compareWith: CompareWith,
  { compareCost, asGoodMargin, asGoodEstimate, enoughRps }: Policy,
): Measured[] {
  const { because, action, control, best } = decision
  if (because === 'control-unmeasured' || because === 'generator-limited' || best === null) return []
  // What carries the rate was measured directly; nothing has to be told apart.
  if (enoughRps !== null && action === 'change') return [decision.chosen]
  const tolerance = Math.max(PERHAPS_AS_GOOD, asGoodMargin(0))
  const againstBest = compareWith(best.key)
  const againstControl = compareWith(control.key)
  const rivals = measured.filter((one) => !one.control && one.throughputRps !== null)
  const plausible = rivals
    .filter((one) => one === best || mayBeAsGood(againstBest.get(one.key), tolerance))
    .filter((one) => tolerance > PERHAPS_AS_GOOD || againstControl.get(one.key)?.verdict !== 'worse')
    // Something that is neither faster nor cheaper cannot win, however long it is measured.
    .filter((one) => compareCost(one, control) < 0 || mayBeFaster(againstControl.get(one.key)))
    // Of equal cost, the most promising by formula stays first.
    .sort(compareCost)
  const [cheapest] = plausible
  if (cheapest === undefined) {
    return rivals.toSorted((a, b) => ratioOf(againstControl, b) - ratioOf(againstControl, a)).slice(0, 1)
  }
  if (cheapest === best || isAsGood(againstBest.get(cheapest.key), asGoodEstimate)) return [cheapest]
  const chosen = action === 'change' ? decision.chosen : plausible.includes(best) ? best : cheapest
  return [...new Set([chosen, cheapest])].filter((one) => !one.control)
}

function ratioOf(against: ReadonlyMap<string, Compared>, { key }: Measured): number {
  return against.get(key)?.effect.ratio ?? 0
}

/** By its estimate, and surely not so far below that it would be no finalist. */
function isAsGood(comparison: Compared | undefined, estimate: number): boolean {
  const { ratio = 0, low = null } = comparison?.effect ?? {}
  return ratio > 1 / (1 + estimate) && low !== null && low > 1 - PERHAPS_AS_GOOD
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
