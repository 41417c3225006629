import { assessNoise } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import { bothTogether, pairedLogRatios, withStandIns } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import type { Cell, Noise } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import { memoryFigures } from '../result/memory.js'
import { cellKey, type MatrixCell } from './matrix-plan.js'

interface Named {
  name: string
}

/** One of the classic rule's cells is the A/A pair. It is in every matrix but that of a server that runs already. */
export function twinOf(subject: Named, cells: readonly MatrixCell[]): string | null {
  const rule = cells.find(({ heuristic }) => heuristic) ?? cells[0]
  return rule === undefined ? null : labelOf(rule, subject)
}

export function labelOf(cell: MatrixCell, { name }: Named): string {
  return `${name}/${cellKey(cell)}`
}

export function userMargin(): number {
  return assessNoise([]).margin
}

export function noiseOf(
  subject: Named,
  cells: readonly MatrixCell[],
  trials: ReadonlyMap<string, readonly Trial[]>,
): Noise | null {
  const label = twinOf(subject, cells)
  if (label === null || trials.size === 0) return null
  const of = (one: string): readonly Trial[] => trials.get(one) ?? []
  return assessNoise(pairedLogRatios(of(twinLabel(label)), of(label)))
}

export function describeCells(
  subject: Named,
  cells: readonly MatrixCell[],
  trials: ReadonlyMap<string, readonly Trial[]>,
  margin: number,
): Cell[] {
  const twin = twinOf(subject, cells)
  const of = (label: string): readonly Trial[] => trials.get(label) ?? []
  const believed = (label: string): readonly Trial[] =>
    label === twin ? withStandIns(of(label), of(twinLabel(label))) : of(label)
  const rows = cells.map((cell) => {
    const label = labelOf(cell, subject)
    return { ...cell, label, ...summarize(believed(label)) }
  })
  const rps = (row: (typeof rows)[number]): number => row.throughputRps?.value ?? 0
  const best = rows.reduce<(typeof rows)[number] | null>(
    (leader, row) => (rps(row) > (leader === null ? 0 : rps(leader)) ? row : leader),
    null,
  )
  const own = new Map(
    rows.map(({ label }) => [
      label,
      label === twin ? bothTogether(of(label), of(twinLabel(label))) : of(label),
    ]),
  )
  const againstBest = best === null ? null : comparisonsOf(own, margin)(best.label)
  return rows.map((row): Cell => {
    const { label, configuration, connections } = row
    const comparison = againstBest?.get(label)
    return {
      workload: subject.name,
      ...(row.server === null ? {} : { server: row.server }),
      configuration,
      load: { connections },
      throughputRps: row.throughputRps,
      latencyUs: row.latencyUs,
      ...memoryFigures(row),
      errors: row.errors,
      validTrials: row.validTrials,
      invalidReasons: row.invalidReasons,
      best: row === best,
      heuristic: row.heuristic,
      effect: comparison?.effect ?? null,
      verdict: comparison?.verdict ?? null,
    }
  })
}
