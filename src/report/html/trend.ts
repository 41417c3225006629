import { METRICS } from '../../result/metric.js'
import { formatMetric } from '../comparison/words.js'
import { changeFromFirst, stepsOf, TREND_CAVEAT } from '../trend/words.js'
import type { TrendPoint, TrendSeries } from '../trend/series.js'
import { pictureOf } from './charts/chart.js'
import { trendChart } from './charts/trend.js'
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
        <h1>${`Trend of ${title}: ${runs.size} runs`}</h1>
        <p>${TREND_CAVEAT}</p>
      </div>`,
    sections: subjects.map((subject, index): Section => ({
      id: `subject-${index + 1}`,
      title: subject,
      body: series
        .filter((one) => one.subject === subject)
        .map((one, place) => seriesFigure(one, `chart-${index + 1}-${place + 1}`)),
    })),
    footer: markup`<p>Figures of each run with their intervals stand in its own report.</p>`,
  })
}

function seriesFigure(series: TrendSeries, id: string): Html {
  const { metric, points, subject } = series
  const title = METRICS[metric].title
  const marks = points.map(({ name, estimate }) => ({ label: name, ...estimate }))
  const last = points.at(-1)
  const chart = {
    id,
    title: `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`,
    description: `${points.length} runs of ${subject}, oldest first; vertical lines are 95 % intervals. Last: ${last === undefined ? '' : `${formatMetric(metric, last.estimate.value)}, ${changeFromFirst(last, points)} against the first`}.`,
    draw: (width: number) => trendChart(marks, (value) => formatMetric(metric, value), width),
  }
  const table = htmlTable<TrendPoint>({
    caption: `${title} of ${subject}`,
    rows: points,
    sortable: true,
    columns: [
      { head: 'run', align: 'left', cell: ({ name }) => name },
      { head: 'started', align: 'left', cell: ({ startedAt }) => startedAt },
      {
        head: title,
        figure: ({ estimate }) => estimate.value,
        format: (value) => formatMetric(metric, value),
      },
      { head: 'against the first', align: 'right', cell: (point) => changeFromFirst(point, points) },
    ],
  })
  return markup`${pictureOf(chart)}${table}${stepsOf(series).map((text) => markup`<p>${text}</p>`)}`
}
