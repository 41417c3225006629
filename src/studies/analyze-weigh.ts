import type { CompareWith, Measured } from '../advisor/decide.js'
import { assessNoise } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import type { RaceOutcome } from '../experiment/race.js'
import { pairedLogRatios } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import type { Noise } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import type { AnalyzePlan } from './analyze-plan.js'

/** A race in the words of the advisor. */
export interface Weighed {
  blocks: number
  measured: Measured[]
  compareWith: CompareWith
  noise: Noise
  /** ln(twin / rule), one for each block. */
  aaLogRatios: number[]
  trialsOf: (key: string) => readonly Trial[]
}

/**
 * Sets everybody that raced against everybody else, within blocks.
 *
 * @param earlierAa A/A pairs of an earlier race on the same machine: they tell of the same floor
 */
export function weigh(
  { field: { heuristicKey }, load }: AnalyzePlan,
  proposals: AnalyzePlan['field']['proposals'],
  { blocks, trials }: RaceOutcome,
  earlierAa: readonly number[] = [],
): Weighed {
  const of = (label: string): Trial[] => trials.get(label) ?? []
  const aaLogRatios = [...earlierAa, ...pairedLogRatios(of(twinLabel(heuristicKey)), of(heuristicKey))]
  const noise = assessNoise(aaLogRatios)
  // The twin is no candidate.
  const own = new Map(proposals.map(({ key }) => [key, of(key)]))
  return {
    blocks,
    measured: proposals.map((proposal) => ({
      ...proposal,
      connections: load.connections,
      ...summarize(of(proposal.key)),
    })),
    compareWith: comparisonsOf(own, noise.margin),
    noise,
    aaLogRatios,
    trialsOf: of,
  }
}
