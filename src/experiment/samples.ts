import { mean } from 'simple-statistics'
import type { Trial } from '../result/trial.js'

/** A trial, and its throughput at the mean speed of the machine where that is known (host-speed.ts). */
export interface LevelTrial extends Trial {
  levelRps?: number
}

/** Valid trials of one configuration by block. */
function validByBlock(trials: readonly LevelTrial[]): Map<number, LevelTrial> {
  const byBlock = new Map<number, LevelTrial>()
  for (const trial of trials) {
    if (trial.block !== null && trial.validity.ok && trial.throughputRps > 0) byBlock.set(trial.block, trial)
  }
  return byBlock
}

/** At one speed of the machine where that is known of both: what made a whole block slow cancels only between figures of one kind. */
function logRatio(a: LevelTrial, b: LevelTrial): number {
  return a.levelRps === undefined || b.levelRps === undefined
    ? measuredLogRatio(a, b)
    : Math.log(a.levelRps / b.levelRps)
}

/** The same as it was measured, whatever is known of the speed. */
export function measuredLogRatio(a: Trial, b: Trial): number {
  return Math.log(a.throughputRps / b.throughputRps)
}

/** ln(a / b) for every block in which both have a valid trial, in order of the blocks; with several starts, their means by start. */
export function pairedLogRatios(
  trialsOfA: readonly LevelTrial[],
  trialsOfB: readonly LevelTrial[],
  ratioOf: (a: LevelTrial, b: LevelTrial) => number = logRatio,
): number[] {
  const [a, b] = [validByBlock(trialsOfA), validByBlock(trialsOfB)]
  const startOf = new Map(trialsOfA.map(({ block, start }) => [block, start]))
  const ratios: Sample[] = []
  for (const block of [...a.keys()].sort((x, y) => x - y)) {
    const [x, y] = [a.get(block), b.get(block)]
    if (x !== undefined && y !== undefined) ratios.push({ start: startOf.get(block), value: ratioOf(x, y) })
  }
  return meansByStart(ratios)
}

/** Throughput of every valid trial, requests per second; with several starts, their means by start. */
export function throughputs(trials: readonly Trial[]): number[] {
  const valid = trials.filter(({ validity }) => validity.ok)
  return meansByStart(valid.map(({ start, throughputRps }) => ({ start, value: throughputRps })))
}

interface Sample {
  start: number | undefined
  value: number
}

/**
 * Trials of one start share its luck: where code and memory came to lie, what was compiled. They are no independent samples of what
 * another start would give, so each start counts once (Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013).
 */
function meansByStart(samples: readonly Sample[]): number[] {
  if (samples.every(({ start }) => start === undefined)) return samples.map(({ value }) => value)
  const byStart = new Map<number | undefined, number[]>()
  for (const { start, value } of samples) byStart.set(start, [...(byStart.get(start) ?? []), value])
  return [...byStart.values()].map((values) => mean(values))
}

/**
 * The trials of somebody who is in every block twice: where his own trial is not believed and his twin's is, the twin's stands in, as
 * both are of the same configuration.
 */
export function withStandIns<T extends Trial>(own: readonly T[], twins: readonly T[]): T[] {
  const believed = new Map(twins.filter(({ validity }) => validity.ok).map((trial) => [trial.block, trial]))
  return own.map((trial) => (trial.validity.ok ? trial : (believed.get(trial.block) ?? trial)))
}

/**
 * The same where both are believed: their geometric mean. Two windows of one configuration know more of it than one, which takes a
 * quarter off the variance of every comparison with it.
 */
export function bothTogether(own: readonly LevelTrial[], twins: readonly LevelTrial[]): LevelTrial[] {
  const byBlock = validByBlock(twins)
  return withStandIns(own, twins).map(({ levelRps, ...trial }) => {
    const twin = trial.block === null ? undefined : byBlock.get(trial.block)
    if (twin === undefined) return { ...trial, ...(levelRps === undefined ? {} : { levelRps }) }
    const both = { ...trial, throughputRps: Math.sqrt(trial.throughputRps * twin.throughputRps) }
    return levelRps === undefined || twin.levelRps === undefined
      ? both
      : { ...both, levelRps: Math.sqrt(levelRps * twin.levelRps) }
  })
}

/** Mean of ln X over the valid trials: what contenders with the same blocks are ranked by. */
export function meanLogThroughput(trials: readonly LevelTrial[]): number | null {
  const valid = [...validByBlock(trials).values()]
  return valid.length === 0
    ? null
    : mean(valid.map(({ levelRps, throughputRps }) => Math.log(levelRps ?? throughputRps)))
}
