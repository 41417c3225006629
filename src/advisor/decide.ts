import type { Candidate, Effect, Verdict } from '../result/analysis.js'
import { WITHOUT_INTERVAL } from '../result/undecided.js'
import type { OverBudget } from './memory.js'
import type { Policy } from './policy.js'
import { couldMatch, type Reach } from './reach.js'
import { FAILURES } from './observed.js'

export interface Compared {
  effect: Effect
  verdict: Verdict
  blocksToDecide: number | null
}

/** A candidate as it was measured; `invalidReasons` are the ids of trials that were not believed. */
export interface Measured extends Pick<
  Candidate,
  | 'key'
  | 'configuration'
  | 'proposedBy'
  | 'connections'
  | 'control'
  | 'throughputRps'
  | 'latencyUs'
  | 'pssBytes'
  | 'aloneBytes'
> {
  validTrials: number
  invalidReasons: string[]
  /** Absent where the load was not meant to fill it, or nothing is modelled. */
  reach?: Reach | undefined
  /** It takes more memory than there is for it; absent where it does not, or nobody can tell. */
  overBudget?: OverBudget | undefined
  /** It left the race after so many blocks; absent where it stayed to the end. */
  left?: { blocks: number; why: 'clearly-worse' | 'invalid' }
}

/** Every candidate against one reference: throughput of the candidate divided by that of the reference. */
export type CompareWith = (referenceKey: string) => ReadonlyMap<string, Compared>

export interface Decision {
  action: 'change' | 'keep' | 'inconclusive'
  chosen: Measured
  /** Why, as the most important sentence's subject. */
  because:
    | 'faster'
    | 'as-fast-and-cheaper'
    | 'enough-and-cheaper'
    | 'control-is-enough'
    | 'control-is-best'
    | 'control-too-large'
    | 'control-unmeasured'
    | 'generator-limited'
    | 'objective-missed'
    | 'objective-too-large'
    | 'objective-unsearched'
    | 'undecided'
  /** The configuration that the decision is about: the current one, else the rule. */
  control: Measured
  /** Highest throughput of all that could be measured. */
  best: Measured | null
}

/**
 * What to do, given what was measured. The control is the current configuration, or without one the rule.
 *
 * What takes more memory than may be used is out, where anything fits.
 *
 * 1. `best` has the highest throughput, by pairs against the control.
 * 2. As good as the best is whatever the interval shows to be not below it by 3 %; or not by the margin (10 % at most), and the estimate
 *    not by 2 %: on a noisy machine the margin grows, what may be given away for a lower cost does not.
 *    What is as good under too few clients to fill it, and would fall behind under more by the model, is not (reach.ts).
 * 3. Of these, from the cheapest up to the control, the first is taken that is `better` than the control, or not
 *    below it in the same sense and cheaper: `change`. Where one configuration differs from itself by more than 25 %, "not below" takes as
 *    much more.
 * 4. None such, and the control is as good as the best: `keep`.
 *    Where it is out, the cheapest of them all the same: `change`.
 * Where a rate is enough, everything that carries it is as good as the best.
 * 5. Otherwise the trials could not tell: `inconclusive`, and nothing is changed. So it is when the control has no
 *    valid trial, or when the load generator was the limit of any candidate, whose true throughput is then unknown.
 *
 * Fewer than three blocks carry no interval: what is not many times faster is not decided then, nor is what runs kept for being ahead.
 */
export function decide(
  measured: readonly Measured[],
  controlKey: string,
  compareWith: CompareWith,
  margin: number,
  policy: Policy,
): Decision {
  const control = measured.find(({ key }) => key === controlKey)
  if (control === undefined) throw new Error(`the control ${controlKey} is not among the candidates`)
  const { compareCost } = policy
  const isNotBelow = notBelow(policy, margin)
  const mayReplace = notBelow(policy, margin, policy.asGoodDoubt(margin))
  const usable = fitting(measured.filter(({ throughputRps }) => throughputRps !== null))
  const best = fastest(usable, control, compareWith)
  const unable = (because: Decision['because']): Decision => ({
    action: 'inconclusive',
    chosen: control,
    because,
    control,
    best,
  })
  const unknown = measured.filter(({ throughputRps }) => throughputRps === null)
  // An app that fails answers at no cost, and keeps the generator busy with it.
  if (unknown.some((one) => one.invalidReasons.includes('generator-saturated') && !hasFailed(one))) {
    return unable('generator-limited')
  }
  if (control.throughputRps === null || best === null) return unable('control-unmeasured')

  if (rps(best) === 0) {
    return unable(measured.every((one) => rps(one) === 0) ? 'objective-missed' : 'objective-too-large')
  }
  const enough = cheapestThatCarries(usable, control, policy)
  if (enough !== null) return { ...enough, control, best }

  const againstBest = compareWith(best.key)
  const againstControl = compareWith(control.key)
  const asGood = usable
    .filter((one) => one === best || (isNotBelow(againstBest.get(one.key)) && couldMatch(one, best)))
    .sort((a, b) => compareCost(a, b) || rps(b) - rps(a))
  for (const one of asGood) {
    // What costs more than what is as good already is no gain, even where it is faster.
    if (one === control) break
    const comparison = againstControl.get(one.key)
    if (mayReplace(comparison) && compareCost(one, control) < 0 && couldMatch(one, control)) {
      const because = comparison?.verdict === 'better' ? 'faster' : 'as-fast-and-cheaper'
      return { action: 'change', chosen: one, because, control, best }
    }
    if (comparison?.verdict === 'better') {
      return { action: 'change', chosen: one, because: 'faster', control, best }
    }
  }
  const [leastCost] = asGood
  if (leastCost !== undefined && !usable.includes(control)) {
    return { action: 'change', chosen: leastCost, because: 'control-too-large', control, best }
  }
  const rivals = usable.filter((one) => one !== control).map(({ key }) => againstControl.get(key))
  const isAlone = rivals.length === 0 && unknown.some((one) => !hasFailed(one))
  if (asGood.includes(control) && !isAlone && areKnown(rivals, policy)) {
    return { action: 'keep', chosen: control, because: 'control-is-best', control, best }
  }
  return unable('undecided')
}

/**
 * Whether further blocks would change the decision by chance only: there is one, everybody could be measured, and nothing cheaper may still
 * prove as good as the best, or carry the rate that is enough.
 */
export function isSettled(
  { action, because, chosen, best }: Decision,
  measured: readonly Measured[],
  compareWith: CompareWith,
  { compareCost, asGoodEstimate, enoughRps }: Policy,
): boolean {
  if (action === 'inconclusive' || best === null) return because !== 'undecided'
  if (measured.some(({ throughputRps }) => throughputRps === null)) return false
  const againstBest = compareWith(best.key)
  const least = 1 / (1 + asGoodEstimate)
  const mayDo = (one: Measured): boolean =>
    isByRate(because)
      ? (one.throughputRps?.high ?? Infinity) >= (enoughRps ?? 0)
      : one === best || ((againstBest.get(one.key)?.effect.high ?? Infinity) > least && couldMatch(one, best))
  return fitting(measured).every((one) => compareCost(one, chosen) >= 0 || !mayDo(one))
}

/** What memory has room for; all of them where it has for none. */
export function fitting(measured: readonly Measured[]): readonly Measured[] {
  const fits = measured.filter(({ overBudget }) => overBudget === undefined)
  return fits.length === 0 ? measured : fits
}

/** What `fitting` takes out. */
export function tooLarge(measured: readonly Measured[]): readonly Measured[] {
  const fits = new Set(fitting(measured))
  return measured.filter((one) => !fits.has(one))
}

/** Whether a rate that is enough decided, and not who is best. */
export function isByRate(because: Decision['because']): boolean {
  return because === 'enough-and-cheaper' || because === 'control-is-enough'
}

/** `null` where no rate is enough, or nothing carries it: then the best that there is decides. */
function cheapestThatCarries(
  usable: readonly Measured[],
  control: Measured,
  { enoughRps, compareCost }: Policy,
): Pick<Decision, 'action' | 'chosen' | 'because'> | null {
  if (enoughRps === null) return null
  const carries = ({ throughputRps }: Measured): boolean =>
    throughputRps !== null && (throughputRps.low ?? WITHOUT_INTERVAL * throughputRps.value) >= enoughRps
  const [cheapest] = usable.filter(carries).sort((a, b) => compareCost(a, b) || rps(b) - rps(a))
  if (cheapest === undefined) return null
  const keeps = usable.includes(control) && carries(control) && compareCost(cheapest, control) >= 0
  return keeps
    ? { action: 'keep', chosen: control, because: 'control-is-enough' }
    : { action: 'change', chosen: cheapest, because: 'enough-and-cheaper' }
}

/** Pairs against the control cancel the drift that raw means of different blocks would carry. */
function fastest(usable: readonly Measured[], control: Measured, compareWith: CompareWith): Measured | null {
  const againstControl = compareWith(control.key)
  // To one that has none, or keeps an objective at no rate, nothing is a ratio.
  const isScale = control.throughputRps !== null && !keepsNoRate(control)
  const score = (one: Measured): number => {
    if (!isScale) return rps(one)
    if (one === control) return 1
    return againstControl.get(one.key)?.effect.ratio ?? rps(one) / rps(control)
  }
  return usable.reduce<Measured | null>(
    (best, one) => (best === null || score(one) > score(best) ? one : best),
    null,
  )
}

function notBelow(
  { asGoodMargin, asGoodEstimate, asGoodShown }: Policy,
  margin: number,
  doubt = 1,
): (comparison: Compared | undefined) => boolean {
  const leastLow = doubt / (1 + asGoodMargin(margin))
  const least = doubt / (1 + asGoodEstimate)
  const leastShown = doubt / (1 + asGoodShown)
  return (comparison) => {
    if (comparison === undefined) return false
    const { effect, verdict } = comparison
    if (effect.low === null) return verdict === 'better'
    return effect.low > leastShown || (effect.low > leastLow && effect.ratio > least)
  }
}

/**
 * Enough is known of the others to keep what is ahead of them: blocks that carry an interval, or that they are far below. Of rates, how much each
 * would carry at most.
 */
function areKnown(rivals: readonly (Compared | undefined)[], { byRates }: Policy): boolean {
  const isBelow = (rival: Compared | undefined): boolean => rival?.verdict === 'worse'
  return byRates
    ? rivals.every((rival) => isBelow(rival) || rival?.effect.high != null)
    : rivals.some((rival) => rival?.effect.low != null) || rivals.every(isBelow)
}

/** Its trials are not believed because it served badly, which is an answer. */
function hasFailed({ invalidReasons }: Measured): boolean {
  return invalidReasons.some((id) => FAILURES.has(id))
}

/** Of a search for the rate that keeps an objective: it was missed at all that were tried. */
export function keepsNoRate({ throughputRps }: Pick<Measured, 'throughputRps'>): boolean {
  return throughputRps?.value === 0
}

/** The target is so far beyond it that no load was needed to know. */
export function wasNotTried(one: Pick<Measured, 'throughputRps'>): boolean {
  return keepsNoRate(one) && one.throughputRps?.high === null
}

function rps(one: Measured): number {
  return one.throughputRps?.value ?? 0
}
