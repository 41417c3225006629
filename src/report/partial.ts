import { median } from 'simple-statistics'
import type { Trial } from '../result/trial.js'

/** What an interrupted run knows about one configuration at one load. */
export interface Partial {
  target: string
  connections: number
  trials: number
  /** Median over the trials that may be believed; `null` when there is none. */
  throughputRps: number | null
}

/** Trials by target and load, fastest first: all there is to show before any comparison was made. */
export function partialFigures(trials: readonly Trial[]): Partial[] {
  const groups = new Map<string, Trial[]>()
  for (const trial of trials) {
    const key = `${trial.load.connections} ${trial.target}`
    groups.set(key, [...(groups.get(key) ?? []), trial])
  }
  return [...groups.values()]
    .map((group) => {
      const rates = group.filter(({ validity }) => validity.ok).map(({ throughputRps }) => throughputRps)
      return {
        target: group[0]?.target ?? '',
        connections: group[0]?.load.connections ?? 0,
        trials: group.length,
        throughputRps: rates.length === 0 ? null : median(rates),
      }
    })
    .toSorted((a, b) => (b.throughputRps ?? -1) - (a.throughputRps ?? -1))
}
