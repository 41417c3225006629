import { median } from 'simple-statistics'
import type { Estimate } from '../result/analysis.js'
import type { ServerMemory } from '../result/memory.js'
import type { ServerOutcome, Trial } from '../result/trial.js'
import { compareFamily, type Comparison } from './compare.js'
import { poolLatency, type PooledLatency } from './percentiles.js'
import { pairedLogRatios, throughputs, type LevelTrial } from './samples.js'
import { estimateOver } from './statistics.js'

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

/** Everybody against one reference, with the trials of each label paired by block. Computed once per reference. */
export function comparisonsOf(
  trials: ReadonlyMap<string, readonly LevelTrial[]>,
  margin: number,
): (reference: string) => ReadonlyMap<string, Comparison> {
  const known = new Map<string, ReadonlyMap<string, Comparison>>()
  return (reference) => {
    const before = known.get(reference)
    if (before !== undefined) return before
    const ofReference = trials.get(reference) ?? []
    const pairs = new Map(
      [...trials]
        .filter(([label]) => label !== reference)
        .map(([label, own]) => [label, pairedLogRatios(own, ofReference)]),
    )
    const comparisons = compareFamily(pairs, margin)
    known.set(reference, comparisons)
    return comparisons
  }
}
