import type { Candidate } from '../result/analysis.js'
import { WORKER_CLASSES } from '../result/configuration.js'
import type { Cell } from '../result/document.js'

const OUTCOMES: readonly Candidate['outcome'][] = [
  'recommended',
  'equivalent',
  'better',
  'inconclusive',
  'worse',
  'too-large',
  'invalid',
  'excluded',
]

/** The answer first, then by outcome and throughput; keys break ties, so that two renderings never differ. */
export function orderCandidates(candidates: readonly Candidate[]): Candidate[] {
  return candidates.toSorted(
    (a, b) =>
      OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) ||
      (b.throughputRps?.value ?? -1) - (a.throughputRps?.value ?? -1) ||
      compareText(a.key, b.key),
  )
}

/** At most `limit` of the ordered candidates; the controls are always among them. */
export function topCandidates(ordered: readonly Candidate[], limit: number): Candidate[] {
  if (ordered.length <= limit) return [...ordered]
  const [first, ...others] = ordered
  const controls = others.filter(({ control }) => control).slice(0, limit - 1)
  const rest = others
    .filter((candidate) => !controls.includes(candidate))
    .slice(0, limit - 1 - controls.length)
  const chosen = new Set([first, ...controls, ...rest])
  return ordered.filter((candidate) => chosen.has(candidate))
}

/** Cells as one reads a matrix: class, workers, threads, worker connections, client connections. */
export function orderCells(cells: readonly Cell[]): Cell[] {
  return cells.toSorted(
    (a, b) =>
      WORKER_CLASSES.indexOf(a.configuration.workerClass) -
        WORKER_CLASSES.indexOf(b.configuration.workerClass) ||
      a.configuration.workers - b.configuration.workers ||
      a.configuration.threads - b.configuration.threads ||
      a.configuration.workerConnections - b.configuration.workerConnections ||
      a.load.connections - b.load.connections,
  )
}

/** By code units: the same everywhere, unlike `localeCompare`. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
