import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { objectiveText, type Objective } from '../../../result/objective.js'
import { Html, markup } from '../markup.js'
import { tickText } from './chart.js'
import { latencyScale } from './latency-scale.js'

const LEFT = 58
const RIGHT = 14
const TOP = 32
const PLOT = 260
const LEGEND_ROW = 20
/** The level part is as much of the picture as the upright one, so the axis is logarithmic early. */
const LOG_FROM = 3

export const CIRCLE = 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0'
export const SQUARE = 'M-4 -4h8v8h-8z'
export const DIAMOND = 'M0 -8l8 8l-8 8l-8 -8z'
/** Beside the other marks; the knee's is larger. */
export const SMALL_DIAMOND = 'M0 -6l6 6l-6 6l-6 -6z'
const CROSS = 'M-4 -4l8 8m0-8l-8 8'

/** Latency upwards over requests per second to the right. */
export interface LatencyPlane {
  x: (rps: number) => number
  y: (us: number) => number
  left: number
  right: number
  top: number
  bottom: number
  /** Grid, axes and their labels. */
  frame: Html
}

export interface PlaneOptions {
  latenciesUs: readonly number[]
  mostRps: number
  label: string
  width: number
  /** Pixels kept free of points at the right and below the lowest latency, for labels. */
  beside: number
  below: number
}

export function latencyPlane({
  latenciesUs,
  mostRps,
  label,
  width,
  beside,
  below,
}: PlaneOptions): LatencyPlane {
  const bottom = TOP + PLOT
  const right = width - RIGHT
  const scale = latencyScale(latenciesUs, [bottom - below, TOP], LOG_FROM)
  const x = scaleLinear([0, mostRps === 0 ? 1 : mostRps], [LEFT, right - beside])
  const grid = scale.ticks.map(({ us, label: text }) => {
    const y = scale.at(us)
    return markup`<line class="grid" x1="${LEFT}" x2="${right}" y1="${y}" y2="${y}" /><text class="soft" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${text}</text>`
  })
  const rates = x
    .ticks(width < 500 ? 4 : 8)
    .map(
      (rps) =>
        markup`<text class="soft" x="${x(rps)}" y="${bottom + 18}" text-anchor="middle">${tickText(rps)}</text>`,
    )
  const frame = markup`<text class="soft" x="0" y="12">${`latency, ${scale.unit}`}</text>
    ${grid}${rates}
    <line class="axis" x1="${LEFT}" x2="${right}" y1="${bottom}" y2="${bottom}" />
    <text class="soft" x="${right}" y="${bottom + 36}" text-anchor="end">${label}</text>`
  return { x: (rps) => x(rps), y: scale.at, left: LEFT, right, top: TOP, bottom, frame }
}

export interface PlanePoint {
  rps: number
  us: number | null
  believed: boolean
}

export interface CurveStyle {
  color: string
  mark: string
  dash: string
}

/** Points in their order with a line through them; what is not believed is a cross where it fell, and bends no curve. */
export function planeCurve(points: readonly PlanePoint[], style: CurveStyle, { x, y }: LatencyPlane): Html {
  const shown = points.flatMap(({ rps, us, believed }) =>
    us === null ? [] : [{ at: x(rps), down: y(us), believed }],
  )
  const draw = line<(typeof shown)[number]>(
    ({ at }) => at,
    ({ down }) => down,
  ).digits(1)
  const path = draw(shown.filter(({ believed }) => believed))
  const marks = shown.map(({ at, down, believed }) =>
    believed
      ? markup`<path style="fill:${style.color}" transform="translate(${at} ${down})" d="${style.mark}" />`
      : markup`<path class="cross" transform="translate(${at} ${down})" d="${CROSS}" />`,
  )
  return markup`<path class="curve" style="stroke:${style.color}" stroke-dasharray="${style.dash}" d="${new Html(path ?? '')}" />${marks}`
}

export function objectiveLine(objective: Objective, { y, left, right }: LatencyPlane): Html {
  const level = y(objective.limitUs)
  return markup`<line class="objective" x1="${left}" x2="${right}" y1="${level}" y2="${level}" /><text class="strong halo" x="${left + 4}" y="${level - 6}">${objectiveText(objective)}</text>`
}

export interface LegendRow {
  mark: Html
  text: string
}

export function filledMark(color: string, path: string): Html {
  return markup`<path style="fill:${color}" d="${path}" />`
}

export const NOT_BELIEVED: LegendRow = {
  mark: markup`<path class="cross" d="${CROSS}" />`,
  text: 'not believed',
}

/** The legend below the plane, and how high the drawing is with it. */
export function withLegend(
  body: Html,
  rows: readonly LegendRow[],
  { left, bottom }: LatencyPlane,
): { height: number; body: Html } {
  const drawn = rows.map(
    ({ mark, text }, index) =>
      markup`<g transform="translate(${left + 6} ${bottom + 58 + index * LEGEND_ROW})">${mark}<text x="16" y="4">${text}</text></g>`,
  )
  return { height: bottom + 50 + rows.length * LEGEND_ROW, body: markup`${body}${drawn}` }
}
