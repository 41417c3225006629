import { fitting, isByRate, type CompareWith, type Compared, type Decision, type Measured } from './decide.js'
import { WITHOUT_INTERVAL } from '../result/undecided.js'
import { WORTH_BY_ESTIMATE, type Policy } from './policy.js'
import { couldMatch } from './reach.js'

/** Beyond this below the best, what a short race shows is not "perhaps as good" any more. */
const PERHAPS_AS_GOOD = 0.1

/**
 * Who goes into the confirmation beside the controls: what the race chooses, or else its best, and the cheapest that may prove as good; that
 * one alone where the race shows it as good already. Where a rate is enough: what carries it, and the cheapest that may carry it.
 * Two at most, because time spent on a third is blocks that the decision lacks. Where nothing in the race beat the control, its best
 * rival, so that what is kept is confirmed too. None where the race could not measure.
 */
export function chooseFinalists(
  measured: readonly Measured[],
  decision: Decision,
  compareWith: CompareWith,
  policy: Policy,
): Measured[] {
  const { because, action, chosen, control, best } = decision
  if (because === 'control-unmeasured' || because === 'generator-limited' || best === null) return []
  const usable = fitting(measured.filter(({ throughputRps }) => throughputRps !== null))
  const rivals = usable.filter((one) => !one.control)
  const proven = action === 'change' && !chosen.control ? chosen : undefined
  const finalists = isByRate(because)
    ? [...(proven === undefined ? [] : [proven]), ...mayCarry(rivals, chosen, policy)]
    : mayWin(rivals, decision, proven, usable.includes(control), compareWith, policy)
  if (finalists.length > 0) return finalists
  const against = compareWith(control.key)
  return rivals.toSorted((a, b) => ratioOf(against, b) - ratioOf(against, a)).slice(0, 1)
}

/** The cheapest that is cheaper than the chosen one and may carry the rate as well. */
function mayCarry(rivals: readonly Measured[], chosen: Measured, policy: Policy): Measured[] {
  const { compareCost, enoughRps } = policy
  const cheaper = rivals.filter((one) => compareCost(one, chosen) < 0)
  const reaches = ({ throughputRps }: Measured): boolean => {
    const { value = 0, high = null } = throughputRps ?? {}
    return (high ?? value / WITHOUT_INTERVAL) >= (enoughRps ?? Infinity)
  }
  return cheaper.filter(reaches).toSorted(compareCost).slice(0, 1)
}

/** What is proven, or else the best if it may win, and the cheapest that may win; one of them where that is enough. */
function mayWin(
  rivals: readonly Measured[],
  { control, best }: Decision,
  proven: Measured | undefined,
  mayKeep: boolean,
  compareWith: CompareWith,
  policy: Policy,
): Measured[] {
  if (best === null) return []
  const { compareCost, asGoodMargin } = policy
  const givesAway = asGoodMargin(0) > 0
  // Whatever fits wins against a control that does not.
  const isCheaper = (one: Measured): boolean =>
    !mayKeep || (compareCost(one, control) < 0 && couldMatch(one, control))
  const againstBest = compareWith(best.key)
  const againstControl = compareWith(control.key)
  const [cheapest] = rivals
    .filter((one) => one === best || (mayBeAsGood(againstBest.get(one.key), policy) && couldMatch(one, best)))
    .filter((one) => givesAway || !mayKeep || againstControl.get(one.key)?.verdict !== 'worse')
    // Something that is neither faster nor cheaper cannot win, however long it is measured.
    .filter((one) => isCheaper(one) || mayBeFaster(againstControl.get(one.key)))
    // Of equal cost, the most promising by formula stays first.
    .sort(compareCost)
  if (cheapest === undefined) return proven === undefined ? [] : [proven]
  const isEnough = cheapest === best || isAsGood(againstBest.get(cheapest.key))
  if (proven !== undefined) {
    const extra = compareCost(proven, cheapest)
    if (extra < 0 || (extra === 0 && !isEnough)) return [proven]
    return isEnough ? [cheapest] : [proven, cheapest]
  }
  const mayBestWin = isCheaper(best) || mayBeFaster(againstControl.get(best.key))
  return isEnough || best.control || !mayBestWin ? [cheapest] : [best, cheapest]
}

function ratioOf(against: ReadonlyMap<string, Compared>, { key }: Measured): number {
  return against.get(key)?.effect.ratio ?? 0
}

/** By its estimate, whatever may be given away, and surely not so far below that it would be no finalist. */
function isAsGood(comparison: Compared | undefined): boolean {
  const { ratio = 0, low = null } = comparison?.effect ?? {}
  return ratio > 1 / (1 + WORTH_BY_ESTIMATE) && low !== null && low > 1 - PERHAPS_AS_GOOD
}

/** The interval reaches what is as good, and the estimate is not far below. */
function mayBeAsGood(
  comparison: Compared | undefined,
  { asGoodMargin, asGoodEstimate }: Pick<Policy, 'asGoodMargin' | 'asGoodEstimate'>,
): boolean {
  if (comparison === undefined) return false
  const { ratio, high } = comparison.effect
  const tolerance = Math.max(PERHAPS_AS_GOOD, asGoodMargin(0))
  return ratio >= 1 - tolerance && (high === null || high > 1 / (1 + asGoodEstimate))
}

/** The interval reaches above 1, or there is none yet. */
function mayBeFaster(comparison: Compared | undefined): boolean {
  return comparison !== undefined && comparison.verdict !== 'equivalent' && (comparison.effect.high ?? 2) > 1
}
