import { METRICS } from '../../result/metric.js'
import { formatMetric } from '../comparison/words.js'
import { escapeMarkdown, htmlComment, joinBlocks, markdownTable } from '../markdown/syntax.js'
import { formatInterval } from '../format.js'
import { changeFromFirst, startOf, stepsOf, TREND_CAVEAT } from './words.js'
import type { TrendPoint, TrendSeries } from './series.js'

/** A series of runs as Markdown: a table for every figure that is followed. */
export function renderTrendMarkdown(series: readonly TrendSeries[], title: string): string {
  return joinBlocks([
    [htmlComment(`tune-prefork trend of ${title}`)],
    [`## Trend of ${escapeMarkdown(title)}`],
    [TREND_CAVEAT],
    ...series.map((one) => [
      `### ${escapeMarkdown(`${METRICS[one.metric].title}: ${one.subject}`)}`,
      '',
      ...table(one),
      ...stepsOf(one).flatMap((text) => ['', escapeMarkdown(text)]),
    ]),
  ])
}

function table({ metric, points }: TrendSeries): string[] {
  return markdownTable<TrendPoint>(
    [
      { head: 'run', align: 'left', cell: ({ name }) => name },
      { head: 'started', align: 'left', cell: startOf },
      {
        head: METRICS[metric].title,
        align: 'right',
        cell: ({ estimate }) => formatMetric(metric, estimate.value),
      },
      {
        head: '95 %',
        align: 'right',
        cell: ({ estimate: { low, high } }) =>
          low === null || high === null
            ? '-'
            : formatInterval(low, high, (value) => formatMetric(metric, value)),
      },
      { head: 'against the first', align: 'right', cell: (point) => changeFromFirst(point, points) },
    ],
    points,
  )
}
