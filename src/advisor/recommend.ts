import type { Candidate, Effect, HeuristicComparison, Recommendation, Workload } from '../result/analysis.js'
import { capacityOf, type Configuration } from '../result/configuration.js'
import { BLOCKS_FOR_INTERVAL, WITHOUT_INTERVAL, whyUndecided } from '../result/undecided.js'
import { FAILURES } from './observed.js'
import { memoryFigures } from '../result/memory.js'
import { candidateOutcomes } from './candidate-outcomes.js'
import type { Proposals } from './candidates.js'
import {
  decide,
  fitting,
  isByRate,
  keepsNoRate,
  tooLarge,
  wasNotTried,
  type CompareWith,
  type Decision,
  type Measured,
} from './decide.js'
import { explainHeuristic } from './explain.js'
import { heuristicWorkers } from './heuristic.js'
import type { Policy } from './policy.js'
import { couldMatch } from './reach.js'
import { changeWithInterval, counted, inWords, mebibytes, number } from './wording.js'

export interface RecommendInput {
  measured: readonly Measured[]
  excluded: Proposals['excluded']
  heuristicKey: string
  currentKey: string | null
  compareWith: CompareWith
  /** What the confirmation showed of finalists and controls; where there is one, it decides and its figures are quoted. */
  confirmed: { measured: readonly Measured[]; compareWith: CompareWith } | null
  /** An objective was asked for, and too few could be searched for the rate that keeps it: what the race shows answers another question. */
  unsearched?: boolean
  /** Practical margin of the run, and what the A/A pair shows: its effect, and the floor that raises the margin. */
  noise: { margin: number; effect: Effect | null; floor?: number | null }
  /** What was asked, as it weighs candidates. */
  policy: Policy
  workload: Workload
  effectiveCpus: number
  /** The command that starts a configuration, to copy. */
  startCommand: (configuration: Configuration) => string
}

export interface Advice {
  recommendation: Recommendation
  heuristic: HeuristicComparison
  candidates: Candidate[]
}

const BLOCKS_FOR_HIGH_CONFIDENCE = 6
/** A knee is not more exact than that. */
const MORE_SLOTS = 1.25

/** The answer: what to run, what to expect of it, and how the classic rule and every other candidate compare. */
export function recommend(given: RecommendInput): Advice {
  const { startCommand, confirmed } = given
  const input = { ...given, ...confirmed }
  const decision = decisionOf(input)
  const { chosen } = decision
  // Losers of the race were never measured again, so of them the race is what is known.
  // Where rates were searched, what closed load showed of the others is no effect on the rate.
  const compareAll: CompareWith = (key) =>
    new Map([...(given.policy.byRates ? [] : given.compareWith(key)), ...(confirmed?.compareWith(key) ?? [])])
  const all = { measured: [...input.measured, ...given.measured], compareWith: compareAll }
  return {
    recommendation: {
      action: decision.action,
      configuration: chosen.configuration,
      connections: chosen.connections,
      command: startCommand(chosen.configuration),
      expected: {
        throughputRps: chosen.throughputRps,
        latencyUs: chosen.latencyUs,
        ...memoryFigures(chosen),
        evidence: 'measured',
        ...(given.policy.byRates ? { openLoad: true } : {}),
      },
      confidence: confidenceOf(decision, input),
      reasons: reasonsFor(decision, input, all),
    },
    heuristic: againstHeuristic(decision, input),
    candidates: candidateOutcomes(given.measured, input.excluded, decision, compareAll, confirmed?.measured),
  }
}

function decisionOf(input: RecommendInput): Decision {
  const { measured, currentKey, heuristicKey, compareWith, noise, policy, unsearched } = input
  const decision = decide(measured, currentKey ?? heuristicKey, compareWith, noise.margin, policy)
  const isAnswered =
    unsearched !== true || (decision.action === 'inconclusive' && decision.because !== 'undecided')
  if (isAnswered) return currentKey === null ? withoutFailed(decision, input) : decision
  return { ...decision, action: 'inconclusive', chosen: decision.control, because: 'objective-unsearched' }
}

/** Until more is known, the rule stands in for what runs today, but not where it is known to fail: then the cheapest of those that serve best. */
function withoutFailed(decision: Decision, { measured, compareWith, policy }: RecommendInput): Decision {
  const { because, chosen, best } = decision
  const fails = chosen.invalidReasons.some((id) => FAILURES.has(id))
  if (because !== 'control-unmeasured' || !fails || best === null) return decision
  const againstBest = compareWith(best.key)
  const isAlike = (one: Measured): boolean =>
    againstBest.get(one.key)?.verdict === 'equivalent' && couldMatch(one, best)
  const served = measured.filter(({ throughputRps }) => throughputRps !== null)
  const alike = fitting(served).filter((one) => one === best || isAlike(one))
  return { ...decision, chosen: alike.reduce((a, b) => (policy.compareCost(b, a) < 0 ? b : a)) }
}

function againstHeuristic(decision: Decision, input: RecommendInput): HeuristicComparison {
  const { measured, heuristicKey, compareWith, noise, workload, effectiveCpus, policy } = input
  const rule = measured.find(({ key }) => key === heuristicKey)
  if (rule === undefined) throw new Error(`the heuristic ${heuristicKey} is not among the candidates`)
  const workers = heuristicWorkers(effectiveCpus)
  const subject = subjectOf(decision, heuristicKey)
  const comparison = compareWith(heuristicKey).get(subject.key)
  // The rule against itself is what the A/A pair measured, when it had one. Of an open load there is none.
  const unknown: Effect = { ratio: 1, low: null, high: null, blocks: 0 }
  const itself = (policy.byRates ? null : noise.effect) ?? unknown
  const same = subject.key === heuristicKey && subject.throughputRps !== null
  return {
    workers,
    configuration: rule.configuration,
    verdict: same ? 'equivalent' : (comparison?.verdict ?? 'inconclusive'),
    // Of a rule that keeps an objective at no rate there is no ratio.
    effect: keepsNoRate(rule) || keepsNoRate(subject) ? null : same ? itself : (comparison?.effect ?? null),
    ...(policy.measure === 'throughput' ? {} : { measure: policy.measure }),
    explanation: explainHeuristic(workload, effectiveCpus, workers, decided(decision)),
  }
}

/** Where nothing could be decided, what looked best is the open question; and where that is the rule itself, what runs today. */
function subjectOf({ action, chosen, best, control }: Decision, heuristicKey: string): Measured {
  if (action !== 'inconclusive') return chosen
  return best === null || best.key === heuristicKey ? control : best
}

/** `null` while nothing is decided, so that no sentence ends in a number that nobody recommends. */
function decided({ action, chosen }: Decision): Configuration | null {
  return action === 'inconclusive' ? null : chosen.configuration
}

/** Race and confirmation together, as far as they may be compared. */
type All = Pick<RecommendInput, 'measured' | 'compareWith'>

function reasonsFor(decision: Decision, input: RecommendInput, all: All): string[] {
  const { workload } = input
  return [
    decisionSentence(decision, input, all),
    ...cheaperRivals(decision, input)
      .slice(0, 1)
      .map((rival) => rivalSentence(rival, input)),
    ...workload.reasons.slice(0, 2),
    ...slotsReason(decision, input),
  ]
}

interface Rival {
  one: Measured
  effect: Effect
  /** By its interval, which a run believes no more where one configuration differs so much from itself. */
  isEquivalent: boolean
}

/** Cheaper candidates that a `keep` leaves behind only because the run could not tell them from what is kept. */
function cheaperRivals({ action, control }: Decision, input: RecommendInput): Rival[] {
  if (action !== 'keep') return []
  const { compareCost, asGoodEstimate } = input.policy
  const against = input.compareWith(control.key)
  return input.measured.toSorted(compareCost).flatMap((one) => {
    const comparison = one === control ? undefined : against.get(one.key)
    if (comparison === undefined || compareCost(one, control) >= 0) return []
    if (!couldMatch(one, control) || one.overBudget !== undefined) return []
    const { effect, verdict } = comparison
    const isFarBelow = !input.policy.byRates && effect.ratio < WITHOUT_INTERVAL
    const high = effect.high ?? (isFarBelow ? effect.ratio : Infinity)
    const reaches = high > 1 / (1 + asGoodEstimate)
    const isEquivalent = verdict === 'equivalent'
    return reaches && (verdict === 'inconclusive' || isEquivalent) ? [{ one, effect, isEquivalent }] : []
  })
}

function rivalSentence({ one, effect, isEquivalent }: Rival, { noise }: RecommendInput): string {
  const rival = `${inWords(one.configuration)} would be cheaper and may be as good, ${changeWithInterval(effect)}`
  const why = whyUndecided(effect, noise.margin)
  if (why === 'few-blocks') return `${rival}: too few blocks to tell.`
  const margin = `${number(noise.margin * 100)} %`
  if (isEquivalent) {
    return `${rival}: that says too little where one configuration may differ from itself by ${margin} (A/A).`
  }
  if (why !== 'within-margin') return `${rival}: this run could not tell.`
  return (noise.floor ?? 0) >= noise.margin
    ? `${rival}: that may be no more than one configuration differs from itself in this run (A/A, ±${margin}).`
    : `${rival}: that may be no more than the margin of ${margin}.`
}

function decisionSentence(
  { because, chosen, control, best }: Decision,
  input: RecommendInput,
  all: All,
): string {
  const rule = control.key === input.currentKey ? 'the current configuration' : '2N+1'
  const name = `${rule} (${inWords(control.configuration)})`
  const effect = input.compareWith(control.key).get(chosen.key)?.effect
  const { measure, asGoodWords } = input.policy
  const difference = effect === undefined ? '' : changeWithInterval(effect)
  const blind =
    effect?.low !== null || input.policy.byRates
      ? ''
      : ` That is of ${counted(effect.blocks, 'block')}, too few for an interval, but more than such figures are off.`
  const isMissed = keepsNoRate(control)
  switch (because) {
    case 'faster':
      return isMissed
        ? `${inWords(chosen.configuration)}: it keeps the objective, and ${name} does at no rate that was tried.`
        : `${inWords(chosen.configuration)}: ${difference} ${measure} against ${name}.${blind}`
    case 'enough-and-cheaper':
      return `${inWords(chosen.configuration)}: the cheapest of those measured that carries the target${input.policy.byRates ? ' within the objective' : ' with room to spare'}, instead of ${name}.`
    case 'control-is-enough':
      return `Keep ${name}: it carries the target, and nothing that does is cheaper.`
    case 'as-fast-and-cheaper':
      return `${inWords(chosen.configuration)}: ${lessWords(effect, asGoodWords)} ${measure} than ${name}, ${difference}, at a lower cost.`
    case 'control-is-best':
      return `Keep ${name}: ${whyBest(control, input, all)}.`
    case 'control-too-large': {
      const { takesBytes = 0, budgetBytes = 0 } = control.overBudget ?? {}
      return `${inWords(chosen.configuration)}: ${name} takes ${mebibytes(takesBytes)}, and ${mebibytes(budgetBytes)} may be used; of what fits nothing is better, or as good and cheaper (${difference} ${measure}).`
    }
    case 'control-unmeasured':
      return `${name} has no valid trial (${list(control.invalidReasons)}), so there is nothing to compare with.`
    case 'generator-limited':
      return 'The load generator ran out before the app did, so which configuration is best cannot be told from here.'
    case 'objective-missed':
      if (input.measured.every((one) => !keepsNoRate(one) || wasNotTried(one)))
        return 'Nothing that was measured carries the target: it is beyond all that closed load and the model give any of them, so it was not tried.'
      return missedSentence(wasNotTried(control) ? null : name, input.measured)
    case 'objective-too-large':
      return tooLargeSentence(name, control, input.measured)
    case 'objective-unsearched':
      return 'Too few configurations could be searched for the rate that keeps the objective, and the highest throughput does not answer that question.'
    case 'undecided':
      return undecidedSentence(name, control, best, input)
  }
}

/** What does not fit is out, however fast: of it memory is the reason, and no cost. */
function whyBest(control: Measured, { measured, compareWith, policy }: RecommendInput, all: All): string {
  const isFaster = (against: ReturnType<CompareWith>) => (one: Measured) =>
    against.get(one.key)?.verdict === 'better'
  const out = tooLarge(all.measured)
  const isDearer = fitting(measured).some(isFaster(compareWith(control.key)))
  const isLarger = out.some(isFaster(all.compareWith(control.key)))
  const memory = 'takes more memory than may be used'
  if (isDearer) {
    return `what is faster costs more${isLarger ? `, or ${memory}` : ''}, and ${policy.asGoodWords} is accepted for a lower cost`
  }
  const margin = 'faster by more than the margin, or as fast and cheaper'
  if (isLarger) return `what is faster ${memory}; of what fits nothing is ${margin}`
  return `${out.length > 0 ? 'of what fits nothing' : 'nothing measured'} is ${margin}`
}

/** Of what is as good: an estimate below another one is no "no less", however little it is. */
function lessWords(effect: Effect | undefined, asGoodWords: string): string {
  if ((effect?.low ?? 0) >= 1) return 'no less'
  return asGoodWords === 'no less' && (effect?.ratio ?? 1) < 1 ? 'hardly less' : asGoodWords
}

/** @param control in words; `null` where it was not tried, and one that was speaks for all */
function missedSentence(control: string | null, measured: readonly Measured[]): string {
  const tried = measured.find(
    (one) => keepsNoRate(one) && !wasNotTried(one) && (control === null || one.control),
  )
  const who = control ?? (tried === undefined ? 'what was tried' : inWords(tried.configuration))
  return `Nothing that was measured keeps the objective: ${who} missed it at ${number(tried?.throughputRps?.high ?? 0)} requests per second already.`
}

/** @param name of the control, in words */
function tooLargeSentence(name: string, control: Measured, measured: readonly Measured[]): string {
  const keeping = tooLarge(measured).filter((one) => !keepsNoRate(one) && one.throughputRps !== null)
  const rateOf = (one: Measured): number => one.throughputRps?.value ?? 0
  const most = keeping.reduce((a, b) => (rateOf(b) > rateOf(a) ? b : a))
  const one = keeping.includes(control) ? control : most
  const { takesBytes = 0, budgetBytes = 0 } = one.overBudget ?? {}
  const who = one === control ? name : inWords(one.configuration)
  return `Nothing that fits keeps the objective: ${who} does at ${number(rateOf(one))} requests per second, and takes ${mebibytes(takesBytes)} where ${mebibytes(budgetBytes)} may be used.`
}

function undecidedSentence(
  name: string,
  control: Measured,
  best: Measured | null,
  input: RecommendInput,
): string {
  const comparison = best === null ? undefined : input.compareWith(control.key).get(best.key)
  if (best === control && input.measured.some((one) => one !== control && one.throughputRps !== null))
    return input.policy.byRates
      ? `${name} carries the largest rate that was met, but how much more the others would carry is not known.`
      : `${name} looked best, but fewer than ${BLOCKS_FOR_INTERVAL} blocks carry no interval, so nothing is told apart from it.`
  if (best === null || comparison === undefined)
    return `Too few valid trials to compare anything with ${name}.`
  const missing =
    comparison.blocksToDecide === null ? null : comparison.blocksToDecide - comparison.effect.blocks
  const more =
    missing === null ? '' : ` About ${missing} more ${missing === 1 ? 'block' : 'blocks'} would decide.`
  return (
    `${inWords(best.configuration)} looked best, ${changeWithInterval(comparison.effect)} ${input.policy.measure} against ${name}, ` +
    `but that does not settle it at a margin of ${number(input.noise.margin * 100)} %.${more}`
  )
}

/** No more processes are proposed than a machine reasonably switches between, which is far from what blocking work takes. */
function slotsReason({ chosen, best }: Decision, { workload, policy }: RecommendInput): string[] {
  const slots = capacityOf(chosen.configuration)
  const knee = workload.kneeConcurrency ?? 0
  const isMost = chosen === best && policy.enoughRps === null && workload.class === 'blocking-io'
  if (!isMost || chosen.configuration.workerClass === 'async' || knee < MORE_SLOTS * slots) return []
  return [
    `It takes ${number(knee)} requests at a time to fill the cores (modelled), and these are ${slots}: more would probably carry more, as far as memory holds them; --candidate measures them.`,
  ]
}

function confidenceOf(decision: Decision, input: RecommendInput): Recommendation['confidence'] {
  const { action, chosen, control, best } = decision
  const isOpen = action === 'inconclusive' || cheaperRivals(decision, input).length > 0
  // Without an A/A pair nothing is known of what this machine invents.
  const isBlind = input.confirmed === null && input.noise.effect === null
  if (isOpen || isBlind || input.workload.confidence === 'low') return 'low'
  if (input.policy.byRates) return areBracketed(decision) ? 'medium' : 'low'
  const rival = chosen === control ? best : chosen
  const comparison = rival === null ? undefined : input.compareWith(control.key).get(rival.key)
  const blocks = comparison?.effect.blocks ?? chosen.validTrials
  if (blocks < BLOCKS_FOR_INTERVAL) return 'low'
  // Whoever wins a race was partly lucky.
  const proven = input.confirmed !== null
  const flawless = chosen.invalidReasons.length === 0 && control.invalidReasons.length === 0
  const sure =
    proven && flawless && blocks >= BLOCKS_FOR_HIGH_CONFIDENCE && input.workload.confidence === 'high'
  return sure ? 'high' : 'medium'
}

/** A search says from where to where the rate lies, and of a rate that was asked for that it was kept twice. */
function areBracketed({ because, chosen, control }: Decision): boolean {
  const isKnown = ({ throughputRps }: Measured): boolean => throughputRps?.high != null
  return isByRate(because) || (isKnown(chosen) && isKnown(control))
}

function list(ids: readonly string[]): string {
  return [...new Set(ids)].join(', ')
}
