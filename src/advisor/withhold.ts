import { unusableSentence, type Unusable } from '../result/usable.js'
import type { Advice } from './recommend.js'

/** Takes back an answer that rests on too few trials: the figures stay, the verdicts go. */
export function withholdAdvice(advice: Advice, unusable: Unusable): Advice {
  const { recommendation, heuristic, candidates } = advice
  return {
    recommendation: {
      ...recommendation,
      action: 'inconclusive',
      confidence: 'low',
      reasons: [`${unusableSentence(unusable)}.`, ...unusable.advice.map((sentence) => `${sentence}.`)],
    },
    heuristic: { ...heuristic, verdict: 'inconclusive' },
    candidates: candidates.map((one) =>
      one.outcome === 'excluded' || one.outcome === 'invalid' ? one : { ...one, outcome: 'inconclusive' },
    ),
  }
}
