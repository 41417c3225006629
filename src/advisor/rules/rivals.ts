import type { Candidate, Effect } from '../../result/analysis.js'
import type { Configuration } from '../../result/configuration.js'

/** A candidate against the recommended one. */
export interface Rival {
  configuration: Configuration
  effect: Effect
  stands: 'better' | 'equal' | 'worse' | 'open'
}

/** The best of those that are meant, by their effects; `null` where none was measured beside the recommended one. */
export function bestRival(
  candidates: readonly Candidate[],
  isMeant: (configuration: Configuration) => boolean,
): Rival | null {
  const rivals = candidates.flatMap((one): Rival[] =>
    one.effect === null || one.outcome === 'too-large' || !isMeant(one.configuration)
      ? []
      : [{ configuration: one.configuration, effect: one.effect, stands: standingOf(one) }],
  )
  return rivals.toSorted((a, b) => b.effect.ratio - a.effect.ratio)[0] ?? null
}

/** Who is dropped early is clearly below the leader, and has too few blocks for a verdict. */
function standingOf({ outcome, undecided }: Candidate): Rival['stands'] {
  if (outcome === 'equivalent') return 'equal'
  if (outcome === 'better' || outcome === 'worse') return outcome
  return undecided === 'dropped-early' ? 'worse' : 'open'
}
