import type { CompareWith, Measured } from '../advisor/decide.js'
import { atOneSpeed } from '../experiment/host-speed.js'
import { isLeaking } from '../advisor/leak.js'
import { overBudget } from '../advisor/memory.js'
import { assessNoise } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import type { RaceProgress } from '../experiment/race.js'
import { bothTogether, pairedLogRatios, withStandIns, type LevelTrial } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import type { Noise } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import type { AnalyzePlan } from './analyze-plan.js'
import { isByMeans, latencyScore } from './latency-score.js'
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
  /** Latency was asked for, and some trials had too few answers for a p95. */
  byMeans: boolean
  outcome: RaceProgress
}

/**
 * Sets everybody that raced against everybody else, within blocks.
 *
 * @param effectiveCpus `null` where nobody timed them
 * @param earlier a race on the same machine, of other starts of the same servers: its trials tell as well what the speed of the machine does
 */
export function weigh(
  plan: AnalyzePlan,
  proposals: AnalyzePlan['field']['proposals'],
  outcome: RaceProgress,
  effectiveCpus: number | null,
  earlier: RaceProgress | null = null,
): Weighed {
  const { heuristicKey } = plan.field
  const { load, question } = plan
  const { blocks, trials, dropped } = outcome
  const of = (label: string): Trial[] => trials.get(label) ?? []
  const all = [...trials.values(), ...(earlier?.trials.values() ?? [])].flat()
  const isLatency = question.optimize === 'latency'
  const score = isLatency ? latencyScore(all) : (trial: Trial): Trial => trial
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
    key === heuristicKey ? [...of(key), ...of(twinLabel(key))] : of(key)
  const inBlocks = (key: string): number => {
    const own = key === heuristicKey ? withStandIns(of(key), of(twinLabel(key))) : of(key)
    return own.filter(({ validity }) => validity.ok).length
  }
  const scoredOf = (key: string): readonly LevelTrial[] =>
    key === heuristicKey ? bothTogether(atSpeedOf(key), atSpeedOf(twinLabel(key))) : atSpeedOf(key)
  const scored = new Map(proposals.map(({ key }) => [key, scoredOf(key)]))
  return {
    blocks,
    measured: withinMemory(
      plan,
      all,
      proposals.map((proposal) => {
        const left = dropped.find(({ label }) => label === proposal.key)
        return {
          ...{ ...proposal, connections: load.connectionsOf(proposal.configuration) },
          reach: load.reachOf(proposal.configuration),
          ...{ ...summarize(believed(proposal.key)), validTrials: inBlocks(proposal.key) },
          ...(left === undefined ? {} : { left: { blocks: left.blocks, why: left.why } }),
        }
      }),
    ),
    compareWith: comparisonsOf(scored, noise.margin),
    noise,
    aaLogRatios,
    scored,
    byMeans: isLatency && isByMeans(all),
    outcome,
  }
}

/**
 * Says of everybody whether what it took is more than may be used, as far as `trials` tell. What a leak has left behind by now says how many requests there were,
 * and not what the configuration takes; nor is it known as long as it may be one.
 */
export function withinMemory(
  { memoryBudgetBytes, mayLeak, apart }: Pick<AnalyzePlan, 'memoryBudgetBytes' | 'mayLeak' | 'apart'>,
  trials: readonly Trial[],
  measured: readonly Measured[],
): Measured[] {
  const leaks = isLeaking(trials, apart === null) ?? mayLeak
  return measured.map((one) => ({
    ...one,
    overBudget: leaks ? undefined : overBudget(one, memoryBudgetBytes),
  }))
}

/** `null` where nobody times them. */
export function timedCpus({ tools: { speedometer, machine } }: Run): number | null {
  return speedometer === undefined ? null : machine.effectiveCpus
}

/** The label of an earlier start of the same server. */
function before(label: string): string {
  return `before ${label}`
}
