import { ADVICE, unusableSentence, type Unusable } from '../result/usable.js'
import { failingSentence } from './failing.js'
import type { Failing } from './observed.js'
import type { Advice } from './recommend.js'

/** The general advice for these reasons is about the request, which is not to blame when one client is answered well. */
const OF_THE_REQUEST = new Set(['non-2xx', 'unexpected-answers'])

/**
 * Takes back an answer that rests on too few trials: the figures stay, the verdicts go.
 *
 * @param failing where an app that answers one client well starts to fail
 */
export function withholdAdvice(advice: Advice, unusable: Unusable, failing: Failing | null): Advice {
  const { recommendation, heuristic, candidates } = advice
  return {
    recommendation: {
      ...recommendation,
      action: 'inconclusive',
      confidence: 'low',
      reasons: [
        `${unusableSentence(unusable)}.`,
        ...(failing === null ? [] : [failingSentence(failing)]),
        ...whatToChange(unusable, failing).map((sentence) => `${sentence}.`),
      ],
    },
    heuristic: { ...heuristic, verdict: 'inconclusive' },
    candidates: candidates.map((one) =>
      one.outcome === 'excluded' || one.outcome === 'invalid' ? one : { ...one, outcome: 'inconclusive' },
    ),
  }
}

function whatToChange({ reasons, advice }: Unusable, failing: Failing | null): string[] {
  if (failing === null) return advice
  const misleading = new Set(reasons.filter((id) => OF_THE_REQUEST.has(id)).map((id) => ADVICE[id]))
  return advice.filter((sentence) => !misleading.has(sentence))
}
