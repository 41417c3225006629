import type { ConnectionSweep } from '../result/connection-sweep.js'
import type { AnalyzeDocument } from '../result/document.js'
import { objectiveText, type Objective } from '../result/objective.js'
import { formatNumber } from './format.js'

export type SweepPoint = ConnectionSweep['points'][number]

/** The sweep of client connections as charts and tables show it. */
export interface SweepView {
  /** By connections, rising. */
  points: SweepPoint[]
  /** Where the two asymptotes of the believed points meet; `null` where throughput still grew, or too few points are believed. */
  knee: { throughputRps: number; meanUs: number; underWay: number; predicted: number | null } | null
  objective: Objective | null
}

/** `null` where no connections were varied. */
export function sweepView({ connections, workload, plan }: AnalyzeDocument): SweepView | null {
  if (connections === undefined || connections.points.length === 0) return null
  const points = connections.points.toSorted((a, b) => a.connections - b.connections)
  const believed = points.filter(({ believed: ok, meanUs }) => ok && meanUs !== null)
  const { kneeMeasured } = connections
  const shortestUs = Math.min(...believed.map(({ meanUs }) => meanUs ?? Infinity))
  const knee =
    kneeMeasured === null || believed.length === 0
      ? null
      : {
          // Where the asymptotes meet: the flat one lies below the luckiest point.
          throughputRps: (1e6 * kneeMeasured) / shortestUs,
          meanUs: shortestUs,
          underWay: kneeMeasured,
          predicted: connections.kneePredicted ?? workload?.kneeConcurrency ?? null,
        }
  return { points, knee, objective: plan.question?.slo ?? null }
}

/** What is to be said of one point, beside its figures: empty for most. */
export function pointNote(
  point: SweepPoint,
  { points, knee, objective }: SweepView,
  latencyHoldsTo: number | null,
): string {
  if (!point.believed) return 'not believed'
  const { connections, p99Us } = point
  const notes: string[] = []
  if (knee !== null && isFirstFrom(point, points, knee.underWay))
    notes.push(`past the knee (${formatNumber(knee.underWay)})`)
  if (connections === latencyHoldsTo) notes.push('mean latency holds to here')
  // The sweep keeps p99 alone of the percentiles.
  if (objective?.percentile === 'p99' && p99Us !== null && p99Us >= objective.limitUs)
    notes.push(`misses ${objectiveText(objective)}`)
  return notes.join('; ')
}

function isFirstFrom({ connections }: SweepPoint, points: readonly SweepPoint[], underWay: number): boolean {
  return points.find((one) => one.believed && one.connections >= underWay)?.connections === connections
}
