import type { Trial, ValidityReason } from './trial.js'

/** One kind of warning over many trials. */
export interface CollectedWarning {
  worst: ValidityReason
  /** Trials that had it. */
  trials: number
}

/** Warnings of trials by kind, each with its worst, most frequent first. */
export function collectWarnings(trials: readonly Trial[]): CollectedWarning[] {
  const byId = new Map<string, CollectedWarning>()
  for (const warning of trials.flatMap(({ validity }) => validity.warnings)) {
    const seen = byId.get(warning.id)
    const worst = seen === undefined || excess(warning) > excess(seen.worst) ? warning : seen.worst
    byId.set(warning.id, { worst, trials: (seen?.trials ?? 0) + 1 })
  }
  return [...byId.values()].toSorted((a, b) => b.trials - a.trials)
}

/** A pause is worse the less was answered; everything else the more was seen. */
function excess({ id, observed }: ValidityReason): number {
  return id === 'paused' ? -observed : observed
}
