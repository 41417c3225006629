import { median } from 'simple-statistics'
import type { Effect } from '../result/analysis.js'
import type { AnalyzeDocument, ResultDocument } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import { equivalentWithin } from '../result/undecided.js'
import { collectWarnings } from '../result/warnings.js'
import { formatShare } from './format.js'
import { plural } from './sentences.js'

/** A line of the reliability box. */
export interface Fact {
  label: string
  text: string
}

/** Trial ids named for each reason; the rest is counted. */
const NAMED_TRIALS = 8

/** What says how far a result can be trusted: floor of the machine, the generator's own part, the trials left out. */
export function reliabilityFacts(document: ResultDocument): Fact[] {
  return [
    ...(document.command === 'analyze' ? noiseFacts(document) : []),
    ...generatorFact(document.trials),
    { label: 'Trials', text: trialsSentence(document.trials) },
    ...disturbedFact(document.trials),
  ]
}

function noiseFacts({ noise, candidates, confirmation, recommendation }: AnalyzeDocument): Fact[] {
  if (noise === null) return [{ label: 'A/A floor', text: 'not known: the run ended before it was measured' }]
  const { effect, floor, minimumDetectableEffect: detectable, margin, speed } = noise
  const isSearched = recommendation?.expected.openLoad === true
  const none = isSearched ? 'a search of rates has no pair' : 'nothing was confirmed'
  const unknown = `not known: ${effect === null ? none : 'too few blocks'}`
  return [
    {
      label: 'A/A floor',
      text:
        floor === null
          ? unknown
          : `±${formatShare(floor)}: one configuration under two names differed by no more (95 %)`,
    },
    {
      label: 'Detectable',
      text:
        detectable === null
          ? 'not known: too few blocks'
          : `${formatShare((1 + margin) * (1 + detectable) - 1)}: the smallest difference that this run would have shown, beyond the margin, with a chance of 80 %`,
    },
    { label: 'Equivalent', text: `means within ±${formatShare(equivalentWithin(margin))}` },
    ...(speed === undefined
      ? []
      : [
          {
            label: 'Speed',
            text: `the CPUs themselves were ±${formatShare(Math.expm1(speed.deviation))} faster or slower from trial to trial, which is taken out of the effects of trials that kept them busy${exceptions(confirmation?.effects.length ? confirmation.effects : candidates)}`,
          },
        ]),
  ]
}

/** Where the correction and what was measured lead to different effects. */
function exceptions(compared: readonly { effect: Effect | null }[]): string {
  const count = compared.filter(({ effect }) => effect?.asMeasured === true).length
  return count === 0
    ? ''
    : `, but for ${count} of ${compared.filter(({ effect }) => effect !== null).length}: there it would lead out of the interval of what was measured, so the measured change is quoted, with an interval that holds both`
}

function generatorFact(trials: readonly Trial[]): Fact[] {
  if (trials.length === 0) return []
  const shares = trials.map(({ generatorCpu }) => generatorCpu)
  const most = formatShare(Math.max(...shares))
  const typical = formatShare(median(shares))
  return [{ label: 'Generator', text: `used ${typical} of a core in the median trial, ${most} at most` }]
}

/** `cpu-steal in 3 of 12, at worst the hypervisor gave 5 % …`, the worst of each kind, most frequent first. */
function disturbedFact(trials: readonly Trial[]): Fact[] {
  const texts = collectWarnings(trials).map(
    ({ worst, trials: count }) => `${worst.id} in ${count} of ${trials.length}, at worst ${worst.message}`,
  )
  return texts.length === 0 ? [] : [{ label: 'Disturbed', text: texts.join('; ') }]
}

function trialsSentence(trials: readonly Trial[]): string {
  const invalid = trials.filter(({ validity }) => !validity.ok)
  const count = `${trials.length} ${plural(trials.length, 'trial')}`
  if (trials.length === 0) return 'none finished'
  if (invalid.length === 0) return `${count}, all believed`
  const outside = invalid.filter(({ block }) => block === null).length
  const where = outside === 0 ? '' : ` (${outside} of them of the probe or the connections)`
  return `${count}, ${invalid.length} not believed${where} and left out of every figure above`
}

/** Reasons why trials were not believed, most frequent first: `littles-law, 2 trials (4, 17): message of the first`. */
export function invalidReasons(trials: readonly Trial[]): string[] {
  const byReason = new Map<string, { message: string; trials: number[] }>()
  for (const { id, validity } of trials) {
    for (const reason of validity.reasons) {
      const seen = byReason.get(reason.id) ?? { message: reason.message, trials: [] }
      seen.trials.push(id)
      byReason.set(reason.id, seen)
    }
  }
  return [...byReason]
    .toSorted(([, a], [, b]) => b.trials.length - a.trials.length)
    .map(([id, { message, trials: ids }]) => {
      const named = ids.slice(0, NAMED_TRIALS).join(', ')
      const more = ids.length > NAMED_TRIALS ? ', …' : ''
      return `${id}, ${ids.length} ${plural(ids.length, 'trial')} (${named}${more}): ${message}`
    })
}
