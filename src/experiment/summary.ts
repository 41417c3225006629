import { median } from 'simple-statistics'
import type { Estimate } from '../result/analysis.js'
import type { ServerMemory } from '../result/memory.js'
import type { ServerOutcome, Trial } from '../result/trial.js'
import { bothWays } from './both-ways.js'
import { compareByInterval, compareFamily, judgeWithoutInterval, type Comparison } from './compare.js'
import { poolLatency, type PooledLatency } from './percentiles.js'
import { measuredLogRatio, pairedLogRatios, throughputs, type LevelTrial } from './samples.js'
import { intervalBySpread, sharedSpread } from './shared-spread.js'
import { estimateOver, meanInterval, type Interval } from './statistics.js'

/** What all valid trials of one configuration say together. */
export interface TrialSummary extends ServerMemory {
  throughputRps: Estimate | null
  latencyUs: PooledLatency
  validTrials: number
  /** Errors, timeouts and lost requests over all trials, valid or not. */
  errors: number
  /** Ids of the reasons of invalid trials, each once. */
  invalidReasons: string[]
}

export function summarize(trials: readonly Trial[]): TrialSummary {
  const valid = trials.filter(({ validity }) => validity.ok)
  return {
    throughputRps: estimateOver(throughputs(trials)),
    latencyUs: poolLatency(valid),
    ...memoryOf(valid.flatMap(({ server }) => server ?? [])),
    validTrials: valid.length,
    errors: trials.reduce((sum, { requests }) => sum + requests.errors + requests.lost, 0),
    invalidReasons: [...new Set(trials.flatMap(({ validity }) => validity.reasons.map(({ id }) => id)))],
  }
}

function memoryOf(outcomes: readonly ServerOutcome[]): ServerMemory {
  const pss = outcomes.flatMap(({ pssBytes }) => pssBytes ?? [])
  const alone = outcomes.flatMap(({ aloneBytes }) => aloneBytes ?? [])
  return {
    pssBytes: pss.length === 0 ? null : median(pss),
    ...(alone.length === 0 ? {} : { aloneBytes: median(alone) }),
  }
}

type CompareWith = (reference: string) => ReadonlyMap<string, Comparison>

/**
 * Everybody against one reference, with the trials of each label paired by block, at one speed of the machine where that is known and agrees with what was
 * measured (both-ways.ts). Computed once per reference.
 */
export function comparisonsOf(
  trials: ReadonlyMap<string, readonly LevelTrial[]>,
  margin: number,
): CompareWith {
  return rememberOf((reference) => {
    const measured = compareFamily(pairsWith(reference, trials, measuredLogRatio), margin)
    const corrected = compareFamily(pairsWith(reference, trials), margin)
    return new Map(
      [...corrected].map(([label, comparison]) => {
        const other = measured.get(label)
        const both = other === undefined ? comparison : bothWays(comparison, other)
        return [label, judgeWithoutInterval(both, margin)]
      }),
    )
  })
}

/**
 * The same by the spread that all share (shared-spread.ts), which makes sharper intervals of few blocks. For choosing whom to look at again: nothing is
 * adjusted for the number of comparisons.
 */
export function comparisonsToSelect(
  trials: ReadonlyMap<string, readonly LevelTrial[]>,
  blocks: number,
  margin: number,
): CompareWith {
  return rememberOf((reference) => {
    const pairs = pairsWith(reference, trials)
    const spread = sharedSpread([...pairs.values()].filter(({ length }) => length === blocks))
    const intervalOf = (own: readonly number[]): Interval =>
      spread !== null && own.length === blocks ? intervalBySpread(own, spread) : meanInterval(own)
    const known = [...pairs].filter(([, own]) => own.length > 0)
    return new Map(
      known.map(([label, own]) => [
        label,
        judgeWithoutInterval(compareByInterval(intervalOf(own), margin), margin),
      ]),
    )
  })
}

function pairsWith(
  reference: string,
  trials: ReadonlyMap<string, readonly LevelTrial[]>,
  ...ratioOf: [typeof measuredLogRatio] | []
): Map<string, number[]> {
  const ofReference = trials.get(reference) ?? []
  return new Map(
    [...trials]
      .filter(([label]) => label !== reference)
      .map(([label, own]) => [label, pairedLogRatios(own, ofReference, ...ratioOf)]),
  )
}

function rememberOf(compareWith: CompareWith): CompareWith {
  const known = new Map<string, ReadonlyMap<string, Comparison>>()
  return (reference) => {
    const comparisons = known.get(reference) ?? compareWith(reference)
    known.set(reference, comparisons)
    return comparisons
  }
}
