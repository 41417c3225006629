import type { CompareWith, Measured } from '../advisor/decide.js'
import { atOneSpeed } from '../experiment/host-speed.js'
import { assessNoise } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import type { RaceOutcome } from '../experiment/race.js'
import { bothTogether, pairedLogRatios, withStandIns } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import type { Noise } from '../result/document.js'
import type { Question } from '../result/question.js'
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
  /** With what is compared in place of the throughput. */
  trialsOf: (key: string) => readonly Trial[]
}

/**
 * Sets everybody that raced against everybody else, within blocks.
 *
 * @param earlierAa A/A pairs of an earlier race on the same machine: they tell of the same floor
 */
export function weigh(
  { field: { heuristicKey }, load, question }: AnalyzePlan,
  proposals: AnalyzePlan['field']['proposals'],
  { blocks, trials, dropped }: RaceOutcome,
  earlierAa: readonly number[] = [],
): Weighed {
  const of = (label: string): Trial[] => trials.get(label) ?? []
  const labels = [...proposals.map(({ key }) => key), twinLabel(heuristicKey)]
  const { trials: atSpeed, summary: speed } = atOneSpeed(
    new Map(labels.map((label) => [label, of(label).map((trial) => scoredFor(trial, question))])),
  )
  const scored = (label: string): readonly Trial[] => atSpeed.get(label) ?? []
  const aaLogRatios = [
    ...earlierAa,
    ...pairedLogRatios(scored(twinLabel(heuristicKey)), scored(heuristicKey)),
  ]
  const noise = { ...assessNoise(aaLogRatios), ...(speed === undefined ? {} : { speed }) }
  // The twin is no candidate, but it knows the rule as well as the rule itself.
  const believed = (key: string): Trial[] =>
    key === heuristicKey ? withStandIns(of(key), of(twinLabel(key))) : of(key)
  const scoredOf = (key: string): readonly Trial[] =>
    key === heuristicKey ? bothTogether(scored(key), scored(twinLabel(key))) : scored(key)
  const own = new Map(proposals.map(({ key }) => [key, scoredOf(key)]))
  return {
    blocks,
    measured: proposals.map((proposal) => {
      const left = dropped.find(({ label }) => label === proposal.key)
      return {
        ...{ ...proposal, connections: load.connections },
        ...summarize(believed(proposal.key)),
        ...(left === undefined ? {} : { left: { blocks: left.blocks, why: left.why } }),
      }
    }),
    compareWith: comparisonsOf(own, noise.margin),
    noise,
    aaLogRatios,
    trialsOf: scoredOf,
  }
}

/**
 * Comparisons are of throughput. Where latency is asked for, its inverse stands in its place: more is better, and a ratio of 1.25
 * is a quarter faster. A trial that cannot carry a p95 is judged by its mean.
 */
function scoredFor(trial: Trial, { optimize }: Question): Trial {
  if (optimize !== 'latency') return trial
  const latencyUs = trial.latencyUs.p95 ?? trial.latencyUs.mean
  return { ...trial, throughputRps: latencyUs === null || latencyUs === 0 ? 0 : 1e6 / latencyUs }
}
