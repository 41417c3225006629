import { median } from 'simple-statistics'
import type { Estimate } from '../result/analysis.js'
import type { Trial } from '../result/trial.js'
import { compareFamily, type Comparison } from './compare.js'
import { poolLatency, type PooledLatency } from './percentiles.js'
import { pairedLogRatios, throughputs } from './samples.js'
import { estimateOver } from './statistics.js'

/** What all valid trials of one configuration say together. */
export interface TrialSummary {
  throughputRps: Estimate | null
  latencyUs: PooledLatency
  pssBytes: number | null
  validTrials: number
  /** Errors, timeouts and lost requests over all trials, valid or not. */
  errors: number
  /** Ids of the reasons of invalid trials, each once. */
  invalidReasons: string[]
}

export function summarize(trials: readonly Trial[]): TrialSummary {
  const valid = trials.filter(({ validity }) => validity.ok)
  const pss = valid.map(({ server }) => server?.pssBytes ?? null).filter((bytes) => bytes !== null)
  return {
    throughputRps: estimateOver(throughputs(trials)),
    latencyUs: poolLatency(valid),
    pssBytes: pss.length === 0 ? null : median(pss),
    validTrials: valid.length,
    errors: trials.reduce((sum, { requests }) => sum + requests.errors + requests.lost, 0),
    invalidReasons: [...new Set(trials.flatMap(({ validity }) => validity.reasons.map(({ id }) => id)))],
  }
}

/** Everybody against one reference, with the trials of each label paired by block. Computed once per reference. */
export function comparisonsOf(
  trials: ReadonlyMap<string, readonly Trial[]>,
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
