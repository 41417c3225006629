import type { ResultDocument } from '../../result/document.js'
import { FEWEST_POINTS, shownSeries, seriesLabel, type ScalingSeries } from '../scaling.js'

/**
 * Throughput by workers as a Mermaid chart, which GitHub and GitLab draw; where they do not, it reads as a small table. Empty where
 * nothing was measured with three numbers of workers. Nothing but numbers and words of ours goes into it.
 */
export function scalingChart(document: ResultDocument, workload: string | null): string[] {
  // One picture has one axis, so the first series names the numbers of workers.
  const [first, ...others] = shownSeries(document, workload)
  if (first === undefined || first.points.length < FEWEST_POINTS.picture) return []
  const counts = countsOf(first)
  const series = [first, ...others.filter((one) => countsOf(one).join() === counts.join())]
  const highest = Math.max(
    ...series.flatMap(({ points }) => points.map(({ throughput }) => throughput.value)),
  )
  const lines = series.map(
    ({ points }) =>
      `  line [${points.map(({ throughput }) => Number(throughput.value.toPrecision(3))).join(', ')}]`,
  )
  return [
    `Requests per second by workers (lines, in this order: ${series.map(seriesLabel).join('; ')}):`,
    '',
    '```mermaid',
    'xychart-beta',
    `  x-axis "workers" [${counts.join(', ')}]`,
    `  y-axis "req/s" 0 --> ${niceAbove(highest)}`,
    ...lines,
    '```',
  ]
}

function countsOf({ points }: ScalingSeries): number[] {
  return points.map(({ workers }) => workers)
}

/** The next 1, 2 or 5 times a power of ten, or a fifth of it: a round end of an axis. */
function niceAbove(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(Math.max(value, 1)))
  return Number((Math.ceil((value * 1.05) / (unit / 5)) * (unit / 5)).toPrecision(3))
}
