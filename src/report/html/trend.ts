import { METRICS, type MetricMeaning } from '../../result/metric.js'
import { latencyUnit } from '../format.js'
import { plural } from '../sentences.js'
import { formatMetric } from '../comparison/words.js'
import { changeFromFirst, hasIntervals, isElsewhere, startOf, stepsOf, TREND_CAVEAT } from '../trend/words.js'
import type { TrendPoint, TrendSeries } from '../trend/series.js'
import { figure } from './charts/chart.js'
import { trendChart } from './charts/trend.js'
import { tiles } from './figures.js'
import { markup, type Html } from './markup.js'
import { renderPage, type Section } from './page.js'
import { htmlTable } from './table.js'

/** A page that follows figures over the runs of a folder: a section for each subject, a picture and a table for each figure. */
export function renderTrendHtml(series: readonly TrendSeries[], title: string): string {
  const subjects = [...new Set(series.map(({ subject }) => subject))]
  const runs = new Set(series.flatMap(({ points }) => points.map(({ name }) => name)))
  return renderPage({
    title: `Trend of ${title}`,
    header: markup`<p class="kicker">tune report --trend</p>
      <div class="card">
        <h1>${`Trend of ${title}: ${runs.size} ${plural(runs.size, 'run')}`}</h1>
        <p>${TREND_CAVEAT}</p>
      </div>`,
    sections: subjects.map((subject, index) =>
      subjectSection(
        subject,
        series.filter((one) => one.subject === subject),
        index + 1,
      ),
    ),
    footer: markup`<p>Figures of each run with their intervals stand in its own report.</p>`,
  })
}

function subjectSection(subject: string, series: readonly TrendSeries[], number: number): Section {
  // Every figure of a run comes from the same place, so it is said once.
  const steps = [...new Set(series.flatMap(stepsOf))]
  const body = markup`${tiles(series.flatMap(latestTile))}${steps.map((text) => markup`<p>${text}</p>`)}
    ${series.map((one, place) => seriesFigure(one, `chart-${number}-${place + 1}`))}`
  return { id: `subject-${number}`, title: subject, body }
}

/** The last run in a tile. */
function latestTile({ metric, points }: TrendSeries): { label: string; figure: string; detail: string }[] {
  const last = points.at(-1)
  if (last === undefined) return []
  const change = changeFromFirst(last, points)
  return [
    {
      label: METRICS[metric].title,
      figure: formatMetric(metric, last.estimate.value),
      detail: points.length === 1 ? '' : `${change} against the first`,
    },
  ]
}

/** Unit of the vertical axis, and how much of the figure is one of it. */
function axisOf(unit: MetricMeaning['unit'], values: readonly number[]): { name: string; one: number } {
  if (unit === 'rps') return { name: 'requests per second', one: 1 }
  if (unit === 'bytes') return { name: 'MiB', one: 2 ** 20 }
  if (unit === 'share') return { name: '%', one: 0.01 }
  const { name } = latencyUnit([Math.max(...values)])
  return { name, one: name === 'ms' ? 1000 : 1 }
}

function seriesFigure(series: TrendSeries, id: string): Html {
  const { metric, points, subject } = series
  const title = METRICS[metric].title
  const { name: unit, one } = axisOf(
    METRICS[metric].unit,
    points.map(({ estimate }) => estimate.value),
  )
  const marks = points.map(({ name, estimate: { value, low, high } }, index) => ({
    label: name,
    value: value / one,
    low: low === null ? null : low / one,
    high: high === null ? null : high / one,
    elsewhere: isElsewhere(points, index),
  }))
  const moved = marks.some(({ elsewhere }) => elsewhere)
  const last = points.at(-1)
  const chart = {
    id,
    title: `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`,
    description: `${points.length} ${plural(points.length, 'run')} of ${subject}, oldest first${hasIntervals(series) ? '; vertical lines are 95 % intervals' : ''}${moved ? ', a dotted line is a change of the machine or of Node' : ''}. Last: ${last === undefined ? '' : formatMetric(metric, last.estimate.value)}${last === undefined || points.length === 1 ? '' : `, ${changeFromFirst(last, points)} against the first`}.`,
    draw: (width: number) => trendChart(marks, unit, width),
  }
  const table = htmlTable<TrendPoint>({
    caption: `${title} of ${subject}`,
    rows: points,
    sortable: true,
    columns: [
      { head: 'run', align: 'left', cell: ({ name }) => name },
      { head: 'started', align: 'left', cell: startOf },
      {
        head: title,
        figure: ({ estimate }) => estimate.value,
        format: (value) => formatMetric(metric, value),
      },
      { head: 'against the first', align: 'right', cell: (point) => changeFromFirst(point, points) },
    ],
  })
  return figure(chart, table)
}
