import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { objectiveText } from '../../../result/objective.js'
import { formatNumber, formatRate } from '../../format.js'
import type { SweepPoint, SweepView } from '../../sweep.js'
import { Html, markup, NOTHING } from '../markup.js'
import type { Drawing } from './chart.js'
import { latencyScale } from './latency-scale.js'

const LEFT = 58
const RIGHT = 14
const TOP = 32
const PLOT = 260
const LEGEND_ROW = 20
/** The level part is as much of the picture as the upright one, so the axis is logarithmic early. */
const LOG_FROM = 3
/** Room below the level part for the numbers of connections. */
const BELOW = 24
/** Room beside the upright part for the numbers of connections. */
const BESIDE = 34
const MEAN_MARK = 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0'
const P99_MARK = 'M-4 -4h8v8h-8z'
const KNEE_MARK = 'M0 -8l8 8l-8 8l-8 -8z'
const CROSS = 'M-4 -4l8 8m0-8l-8 8'

interface Axes {
  x: (throughputRps: number) => number
  y: (us: number) => number
  bottom: number
  width: number
}

/**
 * Latency over throughput as client connections grow: level while there is room, upright where nothing is left. The two asymptotes of
 * the mean (the shortest latency, the highest throughput) meet at the knee.
 */
export function sweepChart(view: SweepView, width: number): Drawing {
  const { points, objective } = view
  const latencies = points.flatMap(({ meanUs, p99Us }) => [meanUs, p99Us].filter((us) => us !== null))
  const scale = latencyScale(
    [...latencies, ...(objective === null ? [] : [objective.limitUs])],
    [TOP + PLOT - BELOW, TOP],
    LOG_FROM,
  )
  const most = Math.max(...points.map(({ throughputRps }) => throughputRps))
  const horizontal = scaleLinear([0, most === 0 ? 1 : most], [LEFT, width - RIGHT - BESIDE])
  const axes: Axes = { x: (rps) => horizontal(rps), y: scale.at, bottom: TOP + PLOT, width }
  const rows = legendOf(view)
  const grid = scale.ticks.map(
    ({ us, label }) =>
      markup`<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${scale.at(us)}" y2="${scale.at(us)}" /><text class="soft" x="${LEFT - 8}" y="${scale.at(us) + 4}" text-anchor="end">${label}</text>`,
  )
  const rates = horizontal
    .ticks(width < 500 ? 4 : 8)
    .map(
      (rps) =>
        markup`<text class="soft" x="${horizontal(rps)}" y="${axes.bottom + 18}" text-anchor="middle">${formatRate(rps)}</text>`,
    )
  const body = markup`<text class="soft" x="0" y="12">${`latency, ${scale.unit}`}</text>
    ${grid}${rates}
    <line class="axis" x1="${LEFT}" x2="${width - RIGHT}" y1="${axes.bottom}" y2="${axes.bottom}" />
    <text class="soft" x="${width - RIGHT}" y="${axes.bottom + 36}" text-anchor="end">requests per second</text>
    ${asymptotes(view, axes)}${objectiveLine(view, axes)}
    ${curve(points, ({ p99Us }) => p99Us, { color: 'var(--c2)', mark: P99_MARK, dash: '6 3' }, axes)}
    ${curve(points, ({ meanUs }) => meanUs, { color: 'var(--c1)', mark: MEAN_MARK, dash: 'none' }, axes)}
    ${kneeMark(view, axes)}${labels(points, axes)}
    ${rows.map((row, index) => legendRow(row, axes.bottom + 58 + index * LEGEND_ROW))}`
  return { height: axes.bottom + 50 + rows.length * LEGEND_ROW, body }
}

function curve(
  points: readonly SweepPoint[],
  latency: (point: SweepPoint) => number | null,
  { color, mark, dash }: { color: string; mark: string; dash: string },
  { x, y }: Axes,
): Html {
  const shown = points.flatMap((point) => {
    const us = latency(point)
    return us === null ? [] : [{ at: x(point.throughputRps), down: y(us), believed: point.believed }]
  })
  const draw = line<(typeof shown)[number]>(
    ({ at }) => at,
    ({ down }) => down,
  ).digits(1)
  // What is not believed is shown where it fell, and bends no curve.
  const path = draw(shown.filter(({ believed }) => believed))
  const marks = shown.map(({ at, down, believed }) =>
    believed
      ? markup`<path style="fill:${color}" transform="translate(${at} ${down})" d="${mark}" />`
      : markup`<path class="cross" transform="translate(${at} ${down})" d="${CROSS}" />`,
  )
  return markup`<path class="curve" style="stroke:${color}" stroke-dasharray="${dash}" d="${new Html(path ?? '')}" />${marks}`
}

function asymptotes({ knee }: SweepView, { x, y, bottom }: Axes): Html {
  if (knee === null) return NOTHING
  const [right, level] = [x(knee.throughputRps), y(knee.meanUs)]
  return markup`<path class="limit" d="M${LEFT} ${level}H${right}M${right} ${bottom}V${TOP}" />`
}

function kneeMark({ knee }: SweepView, { x, y }: Axes): Html {
  if (knee === null) return NOTHING
  return markup`<path class="knee" transform="translate(${x(knee.throughputRps)} ${y(knee.meanUs)})" d="${KNEE_MARK}" />`
}

function objectiveLine({ objective }: SweepView, { y, width }: Axes): Html {
  if (objective === null) return NOTHING
  const level = y(objective.limitUs)
  return markup`<line class="objective" x1="${LEFT}" x2="${width - RIGHT}" y1="${level}" y2="${level}" /><text class="strong halo" x="${LEFT + 4}" y="${level - 6}">${objectiveText(objective)}</text>`
}

/** Numbers of connections right of and below the points of the mean, where no curve runs; those without room are left out. */
function labels(points: readonly SweepPoint[], { x, y }: Axes): Html[] {
  const placed: { right: number; down: number }[] = []
  return points.map(({ connections, throughputRps, meanUs }) => {
    if (meanUs === null) return NOTHING
    const [right, down] = [x(throughputRps) + 7, y(meanUs) + 15]
    if (placed.some((one) => Math.abs(one.right - right) < 26 && Math.abs(one.down - down) < 13))
      return NOTHING
    placed.push({ right, down })
    return markup`<text class="halo" x="${right}" y="${down}">${String(connections)}</text>`
  })
}

interface LegendRow {
  mark: Html
  text: string
}

function legendOf({ points, knee }: SweepView): LegendRow[] {
  const filled = (color: string, path: string): Html => markup`<path style="fill:${color}" d="${path}" />`
  return [
    { mark: filled('var(--c1)', MEAN_MARK), text: 'mean, with client connections' },
    ...(points.some(({ p99Us }) => p99Us !== null)
      ? [{ mark: filled('var(--c2)', P99_MARK), text: 'p99' }]
      : []),
    ...(knee === null
      ? []
      : [
          {
            mark: markup`<path class="knee" d="${KNEE_MARK}" />`,
            text: `knee: ${formatNumber(knee.underWay)} requests under way`,
          },
        ]),
    ...(points.some(({ believed }) => !believed)
      ? [{ mark: markup`<path class="cross" d="${CROSS}" />`, text: 'not believed' }]
      : []),
  ]
}

function legendRow({ mark, text }: LegendRow, y: number): Html {
  return markup`<g transform="translate(${LEFT + 6} ${y})">${mark}<text x="16" y="4">${text}</text></g>`
}
