import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { uslThroughput, type UslModel } from '../../../result/usl.js'
import { seriesLabel, type ScalingSeries } from '../../scaling.js'
import { Html, markup, NOTHING } from '../markup.js'
import { tickText, type Drawing } from './chart.js'

const LEFT = 58
const TOP = 32
const PLOT = 230
const LEGEND_ROW = 20
const CURVE_STEPS = 40
/** Colour and shape together tell series apart. */
const MARKS = [
  { color: 'var(--c1)', path: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0' },
  { color: 'var(--c2)', path: 'M-5 -5h10v10h-10z' },
  { color: 'var(--c3)', path: 'M0 -6l6 11h-12z' },
  { color: 'var(--c4)', path: 'M0 -6l6 6l-6 6l-6 -6z' },
]

/** A series with its scalability law, where there is one. */
export type DrawnSeries = ScalingSeries & { law: UslModel | null }

/** Throughput over workers with intervals, and the curve of the scalability law. */
export function scalingChart(series: readonly DrawnSeries[], width: number): Drawing {
  const points = series.flatMap((one) => one.points)
  const most = Math.max(...points.map(({ workers }) => workers))
  const highest = Math.max(...points.map(({ throughput }) => throughput.high ?? throughput.value))
  const x = scaleLinear([0, most * 1.04], [LEFT, width - 12])
  const y = scaleLinear([0, highest * 1.05], [TOP + PLOT, TOP])
  const bottom = TOP + PLOT
  const body = markup`<text class="soft" x="0" y="12">requests per second</text>
    ${y.ticks(5).map((tick) => markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${LEFT}" x2="${width - 8}" y1="${y(tick)}" y2="${y(tick)}" /><text class="soft" x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`)}
    ${[...new Set(points.map(({ workers }) => workers))].map((count) => markup`<text class="soft" x="${x(count)}" y="${bottom + 18}" text-anchor="middle">${String(count)}</text>`)}
    <text class="soft" x="${width - 8}" y="${bottom + 34}" text-anchor="end">workers</text>
    ${series.map((one, index) => drawSeries(one, index, x, y))}
    ${series.map((one, index) => legend(one, index, bottom + 54))}`
  return { height: bottom + 46 + series.length * LEGEND_ROW, body }
}

function drawSeries(
  series: DrawnSeries,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
): Html {
  const { color, path } = markOf(index)
  const measured = series.points.map(({ workers, throughput }) => ({
    count: workers,
    value: throughput.value,
  }))
  const curve = series.law === null ? measured : curveOf(series.law, measured)
  const draw = line<{ count: number; value: number }>(
    ({ count }) => x(count),
    ({ value }) => y(value),
  ).digits(1)
  const whiskers = series.points.map(({ workers, throughput: { low, high } }) =>
    low === null || high === null
      ? NOTHING
      : markup`<line class="whisker" x1="${x(workers)}" x2="${x(workers)}" y1="${y(low)}" y2="${y(high)}" />`,
  )
  const dots = measured.map(
    ({ count, value }) =>
      markup`<path style="fill:${color}" transform="translate(${x(count)} ${y(value)})" d="${path}" />`,
  )
  return markup`<path class="curve" style="stroke:${color}" stroke-dasharray="${series.law === null ? '2 4' : 'none'}" d="${new Html(draw(curve) ?? '')}" />${whiskers}${dots}`
}

function curveOf(law: UslModel, measured: readonly { count: number }[]): { count: number; value: number }[] {
  const counts = measured.map(({ count }) => count)
  const [from, to] = [Math.min(...counts), Math.max(...counts)]
  return Array.from({ length: CURVE_STEPS + 1 }, (_, step) => {
    const count = from + ((to - from) * step) / CURVE_STEPS
    return { count, value: uslThroughput(law, count) }
  })
}

function legend(series: ScalingSeries, index: number, top: number): Html {
  const { color, path } = markOf(index)
  const y = top + index * LEGEND_ROW
  return markup`<path style="fill:${color}" transform="translate(${LEFT + 6} ${y})" d="${path}" /><text x="${LEFT + 20}" y="${y + 4}">${seriesLabel(series)}</text>`
}

function markOf(index: number): { color: string; path: string } {
  return MARKS[index % MARKS.length] ?? { color: 'var(--c1)', path: '' }
}
