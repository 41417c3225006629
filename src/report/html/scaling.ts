import type { ResultDocument } from '../../result/document.js'
import { FEWEST_USL_POINTS } from '../../result/usl.js'
import { formatRate, formatShare, NO_FIGURE } from '../format.js'
import { lawOf, pointsOf, seriesLabel, shownSeries } from '../scaling.js'
import { figure } from './charts/chart.js'
import { scalingChart, type DrawnSeries } from './charts/scaling.js'
import { NOTHING, type Html } from './markup.js'
import { htmlTable } from './table.js'

/** Throughput against workers with the fitted scalability law; nothing where fewer than three numbers of workers were measured. */
export function scalingFigure(id: string, document: ResultDocument, workload: string | null): Html {
  const series = shownSeries(document, workload).map((one) => ({ ...one, law: lawOf(document, one) }))
  if (series.length === 0) return NOTHING
  const rows = series.flatMap((one) => one.points.map((point) => ({ ...point, label: seriesLabel(one) })))
  const whiskers = rows.some(({ throughput }) => throughput.low !== null)
  const table = htmlTable({
    caption: 'Requests per second by workers',
    rows,
    sortable: true,
    columns: [
      { head: 'configuration', align: 'left', cell: ({ label }) => label },
      { head: 'workers', figure: ({ workers }) => workers, format: String },
      { head: 'req/s', figure: ({ throughput }) => throughput.value, format: formatRate },
      {
        head: '95 %',
        align: 'right',
        cell: ({ throughput: { low, high } }) =>
          low === null || high === null ? NO_FIGURE : `${formatRate(low)}–${formatRate(high)}`,
      },
    ],
  })
  return figure(
    {
      id,
      title: 'Throughput against workers',
      description: `How throughput grows with workers${whiskers ? '; the vertical lines are 95 % intervals' : ''}. ${series.map(describe).join(' ')}`,
      draw: (width) => scalingChart(series, width),
    },
    table,
  )
}

function describe(series: DrawnSeries): string {
  const { law } = series
  const best = series.points.reduce((a, b) => (b.throughput.value > a.throughput.value ? b : a))
  const most = `${seriesLabel(series)}: most with ${best.workers}, ${formatRate(best.throughput.value)} req/s`
  if (law === null) return `${most} (dotted: ${whyLawless(pointsOf(series))}).`
  return `${most}; the curve is the universal scalability law with contention ${formatShare(law.sigma)} and coherency ${formatShare(law.kappa)}.`
}

function whyLawless(counts: number): string {
  return counts < FEWEST_USL_POINTS
    ? `a scalability law takes ${FEWEST_USL_POINTS} numbers of workers`
    : 'no scalability law describes it'
}
