import type { CompareWith, Measured } from '../advisor/decide.js'
import { atOneSpeed } from '../experiment/host-speed.js'
import { assessNoise } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import type { RaceProgress } from '../experiment/race.js'
import { bothTogether, pairedLogRatios, withStandIns, type LevelTrial } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import type { Noise } from '../result/document.js'
import type { Question } from '../result/question.js'
import type { Trial } from '../result/trial.js'
import type { AnalyzePlan } from './analyze-plan.js'
import type { Run } from './run.js'

/** A race in the words of the advisor. */
export interface Weighed {
  blocks: number
  measured: Measured[]
  compareWith: CompareWith
  noise: Noise
  /** ln(twin / rule), one for each block. */
  aaLogRatios: number[]
  /** By key, with what is compared in place of the throughput; of the rule both windows of a block together. */
  scored: ReadonlyMap<string, readonly LevelTrial[]>
  outcome: RaceProgress
}

/**
 * Sets everybody that raced against everybody else, within blocks.
 *
 * @param effectiveCpus `null` where nobody timed them
 * @param earlier a race on the same machine, of other starts of the same servers: its trials tell as well what the speed of the machine does
 */
export function weigh(
  { field: { heuristicKey }, load, question }: AnalyzePlan,
  proposals: AnalyzePlan['field']['proposals'],
  outcome: RaceProgress,
  effectiveCpus: number | null,
  earlier: RaceProgress | null = null,
): Weighed {
  const { blocks, trials, dropped } = outcome
  const of = (label: string): Trial[] => trials.get(label) ?? []
  const score = scoreFor(question, [...trials.values(), ...(earlier?.trials.values() ?? [])].flat())
  const known = new Map([
    ...[...trials].map(([label, own]) => [label, own.map(score)] as const),
    ...[...(earlier?.trials ?? [])].map(([label, own]) => [before(label), own.map(score)] as const),
  ])
  const { trials: atSpeed, summary: speed } = atOneSpeed(known, effectiveCpus)
  const atSpeedOf = (label: string): readonly LevelTrial[] => atSpeed.get(label) ?? []
  const aaLogRatios = pairedLogRatios(atSpeedOf(twinLabel(heuristicKey)), atSpeedOf(heuristicKey))
  const noise = { ...assessNoise(aaLogRatios), ...(speed === undefined ? {} : { speed }) }
  // The twin is no candidate, but it knows the rule as well as the rule itself.
  const believed = (key: string): Trial[] =>
    key === heuristicKey ? withStandIns(of(key), of(twinLabel(key))) : of(key)
  const scoredOf = (key: string): readonly LevelTrial[] =>
    key === heuristicKey ? bothTogether(atSpeedOf(key), atSpeedOf(twinLabel(key))) : atSpeedOf(key)
  const scored = new Map(proposals.map(({ key }) => [key, scoredOf(key)]))
  return {
    blocks,
    measured: proposals.map((proposal) => {
      const left = dropped.find(({ label }) => label === proposal.key)
      return {
        ...{ ...proposal, connections: load.connectionsOf(proposal.configuration) },
        reach: load.reachOf(proposal.configuration),
        ...summarize(believed(proposal.key)),
        ...(left === undefined ? {} : { left: { blocks: left.blocks, why: left.why } }),
      }
    }),
    compareWith: comparisonsOf(scored, noise.margin),
    noise,
    aaLogRatios,
    scored,
    outcome,
  }
}

/** `null` where nobody times them. */
export function timedCpus({ tools: { speedometer, machine } }: Run): number | null {
  return speedometer === undefined ? null : machine.effectiveCpus
}

/** The label of an earlier start of the same server. */
function before(label: string): string {
  return `before ${label}`
}

/**
 * Comparisons are of throughput. Where latency is asked for, its inverse stands in its place: more is better, and a ratio of 1.25
 * is a quarter faster. One statistic for all: where a trial cannot carry a p95, all are judged by their means.
 */
function scoreFor({ optimize }: Question, trials: readonly Trial[]): (trial: Trial) => Trial {
  if (optimize !== 'latency') return (trial) => trial
  const carried = trials
    .filter(({ validity }) => validity.ok)
    .every(({ latencyUs }) => latencyUs.p95 !== null)
  return (trial) => {
    const latencyUs = carried ? trial.latencyUs.p95 : trial.latencyUs.mean
    return { ...trial, throughputRps: latencyUs === null || latencyUs === 0 ? 0 : 1e6 / latencyUs }
  }
}
