import type { AnalyzeDocument } from '../../result/document.js'
import { objectiveText } from '../../result/objective.js'
import { connectionSentences } from '../analysis-sentences.js'
import { formatNumber, formatUnderWay, formatRate, latencyUnit } from '../format.js'
import { pointNote, sweepView, type SweepView } from '../sweep.js'
import { pictureOf } from './charts/chart.js'
import { sweepChart } from './charts/sweep.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

/** Client connections against the answer: the picture with its table beside it, and what to set; empty in results without a sweep. */
export function connectionsSection(document: AnalyzeDocument): Section[] {
  const sentences = connectionSentences(document)
  if (sentences.length === 0) return []
  const view = sweepView(document)
  const body = markup`${sentences.map((text) => markup`<p>${text}</p>`)}${view === null ? NOTHING : sweepFigure(view, document)}`
  return [{ id: 'connections', title: 'Connections', body }]
}

function sweepFigure(view: SweepView, { connections }: AnalyzeDocument): Html {
  const { points } = view
  const unit = latencyUnit(points.flatMap(({ meanUs, p99Us }) => [meanUs, p99Us]))
  const holdsTo = connections?.latencyHoldsTo ?? null
  const table = htmlTable({
    caption: 'Throughput and latency by client connections, measured',
    rows: points,
    sortable: true,
    mark: ({ believed }) => (believed ? '' : 'invalid'),
    columns: [
      { head: 'clients', figure: ({ connections: count }) => count, format: String },
      { head: 'req/s', figure: ({ throughputRps }) => throughputRps, format: formatRate },
      { head: `mean ${unit.name}`, figure: ({ meanUs }) => meanUs, format: unit.format },
      { head: `p99 ${unit.name}`, figure: ({ p99Us }) => p99Us, format: unit.format },
      { head: 'note', align: 'left', cell: (point) => pointNote(point, view, holdsTo) },
    ],
  })
  const chart = {
    id: 'chart-connections',
    title: 'Latency against throughput',
    description: describe(view),
    draw: (width: number) => sweepChart(view, width),
  }
  return markup`${pictureOf(chart)}${table}`
}

function describe({ points, knee, objective }: SweepView): string {
  const [first, last] = [points[0], points.at(-1)]
  const range = `Each point is one number of client connections, from ${first?.connections ?? 0} to ${last?.connections ?? 0}.`
  const bend =
    knee === null
      ? 'No knee was seen.'
      : `The dashed lines are the shortest mean latency and the highest throughput, ${formatRate(knee.throughputRps)} req/s; they meet at the knee, ` +
        `${formatUnderWay(knee.underWay)}${knee.predicted === null ? '' : ` (predicted ${formatNumber(knee.predicted)})`}: beyond it more clients only wait.`
  const limit =
    objective === null ? '' : ` The horizontal line is the objective, ${objectiveText(objective)}.`
  return `${range} ${bend}${limit}`
}
