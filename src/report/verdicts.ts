import type { Candidate, Effect, HeuristicComparison, Verdict } from '../result/analysis.js'
import { sameConfiguration } from '../result/configuration.js'
import type { Noise } from '../result/document.js'
import { whyUndecided } from '../result/undecided.js'
import { formatEffect, formatShare } from './format.js'

// What a verdict says, and why there is none where an interval seems to say something.

/** What effects were judged by: the margin, and whether it is the A/A pair that sets it. */
export type Yardstick = Pick<Noise, 'margin' | 'floor'>

export const VERDICT_WORDS: Record<Verdict, string> = {
  better: 'better',
  worse: 'worse',
  equivalent: 'equivalent',
  inconclusive: 'cannot tell',
}

/** A verdict for a table: `better`, `cannot tell`, `not beyond noise`. */
export function verdictWord(
  verdict: Verdict,
  effect: Pick<Effect, 'low' | 'high'> | null,
  noise: Yardstick | null | undefined,
): string {
  if (!isWithinMargin(verdict, effect, noise)) return VERDICT_WORDS[verdict]
  return setByPair(noise) ? 'not beyond noise' : 'not beyond the margin'
}

/** A verdict for a sentence. An interval on one side of zero that says nothing all the same is explained. */
export function verdictSentence(
  verdict: Verdict,
  effect: Pick<Effect, 'low' | 'high'> | null,
  noise: Yardstick | null | undefined,
): string {
  const reason = undecidedReason(verdict, effect, noise)
  return reason === '' ? VERDICT_WORDS[verdict] : `${VERDICT_WORDS[verdict]}: ${reason}`
}

/** Why an interval on one side of zero decides nothing; empty for all others. */
export function undecidedReason(
  verdict: Verdict,
  effect: Pick<Effect, 'low' | 'high'> | null,
  noise: Yardstick | null | undefined,
): string {
  if (verdict !== 'inconclusive' || effect === null || noise == null) return ''
  const why = whyUndecided(effect, noise.margin)
  if (why === 'few-blocks') return 'too few blocks for an interval'
  if (why === 'other-checks') return 'the interval alone would tell, but not every check agrees'
  if (why === 'either-way') return ''
  const share = formatShare(noise.margin)
  return setByPair(noise)
    ? `it may be no more than one configuration differs from itself in this run (A/A, ±${share})`
    : `it may be no more than the margin of ${share}`
}

function isWithinMargin(
  verdict: Verdict,
  effect: Pick<Effect, 'low' | 'high'> | null,
  noise: Yardstick | null | undefined,
): noise is Yardstick {
  if (verdict !== 'inconclusive' || effect === null || noise == null) return false
  return whyUndecided(effect, noise.margin) === 'within-margin'
}

function setByPair({ margin, floor }: Yardstick): boolean {
  return floor !== null && floor >= margin
}

const OUTCOMES: Record<Candidate['outcome'], string> = {
  recommended: 'recommended',
  equivalent: 'equivalent',
  better: 'faster',
  inconclusive: 'cannot tell',
  worse: 'worse',
  'too-large': 'too much memory',
  invalid: 'not believed',
  excluded: 'not measured',
}

const UNDECIDED: Record<NonNullable<Candidate['undecided']>, string> = {
  'few-blocks': 'too few blocks',
  'not-a-finalist': 'not a finalist',
  'dropped-early': 'dropped early',
  'not-believed': 'not believed',
}

interface Judged {
  heuristic: HeuristicComparison | null
  noise: Yardstick | null
}

/** The outcome of a candidate in a few words, with `2N+1` where it is the rule in its class. */
export function outcomeWords(candidate: Candidate, { heuristic, noise }: Judged): string {
  const isBestRule = heuristic !== null && sameConfiguration(candidate.configuration, heuristic.configuration)
  const isRule = isBestRule || candidate.proposedBy.some((formula) => formula.includes('2N+1'))
  const word = outcomeWord(candidate, noise)
  return isRule ? `${word}, 2N+1` : word
}

function outcomeWord({ outcome, undecided, effect }: Candidate, noise: Yardstick | null): string {
  if (outcome !== 'inconclusive' || effect === null)
    return undecided ? UNDECIDED[undecided] : OUTCOMES[outcome]
  if (undecided !== undefined) return UNDECIDED[undecided]
  // Results of older versions do not say what became of what the race had too few blocks of.
  return effect.low === null && effect.high === null
    ? UNDECIDED['few-blocks']
    : verdictWord(outcome, effect, noise)
}

/** Why a candidate was not chosen: effect and note, whatever is known. */
export function rejection(
  { effect, note, outcome, undecided }: Candidate,
  { noise }: Pick<Judged, 'noise'>,
): string {
  const isOpen = outcome === 'inconclusive' && undecided === undefined
  const reason = isOpen ? undecidedReason('inconclusive', effect, noise) : ''
  const told = note === '' ? (effect === null ? OUTCOMES[outcome] : formatEffect(effect)) : note
  return reason === '' ? told : `${told}; ${reason}`
}

/** Candidates that a reader may wonder about; the equivalent ones speak for themselves in the table. */
export function isRejected({ outcome, note, effect }: Candidate): boolean {
  // Without an answer, what stands in for it was not rejected either.
  const standIn = outcome === 'inconclusive' && note === '' && effect === null
  return outcome !== 'recommended' && outcome !== 'equivalent' && !standIn
}
