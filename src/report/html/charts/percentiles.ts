import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import { toNines, type CurvePoint } from '../../latency-curve.js'
import { cut, markup, Html } from '../markup.js'
import { textWidth, type Drawing } from './chart.js'
import { latencyScale } from './latency-scale.js'

export interface Curve {
  label: string
  points: readonly CurvePoint[]
}

/** Colour and dash together tell curves apart; colour alone would not do. */
const STROKES = [
  { color: 'var(--c1)', dash: '' },
  { color: 'var(--c2)', dash: '7 3' },
  { color: 'var(--c3)', dash: '2 3' },
  { color: 'var(--c4)', dash: '9 3 2 3' },
  { color: 'var(--c5)', dash: '4 2' },
  { color: 'var(--c6)', dash: '1 4' },
]
export const MAX_CURVES = STROKES.length

const LEFT = 58
const TOP = 32
const PLOT = 240
const LEGEND_ROW = 20

const QUANTILES = [
  { quantile: 0.5, label: '50 %' },
  { quantile: 0.9, label: '90 %' },
  { quantile: 0.99, label: '99 %' },
  { quantile: 0.999, label: '99.9 %' },
  { quantile: 0.9999, label: '99.99 %' },
  { quantile: 0.99999, label: '99.999 %' },
]

/** Latency over quantiles on an axis of nines, which gives the slowest requests the room that they deserve. */
export function percentileChart(curves: readonly Curve[], width: number): Drawing {
  const points = curves.flatMap((curve) => curve.points)
  const last = Math.max(...points.map(({ quantile }) => toNines(quantile)))
  const x = scaleLinear([0, last], [LEFT, width - 8])
  const y = latencyScale(
    points.map(({ us }) => us),
    [TOP + PLOT, TOP],
  )
  const path = line<CurvePoint>(
    ({ quantile }) => x(toNines(quantile)),
    ({ us }) => y.at(us),
  ).digits(1)
  const bottom = TOP + PLOT
  const drawn = curves.map(({ points: own }, index) => {
    const { color, dash } = strokeOf(index)
    return markup`<path
      class="curve"
      style="stroke:${color}"
      stroke-dasharray="${dash === '' ? 'none' : dash}"
      d="${new Html(path(own) ?? '')}"
    /> `
  })
  const legend = curves.map(({ label }, index) => legendRow(label, index, bottom + 46, width))
  const body = markup`<text class="soft" x="0" y="12">${`latency, ${y.unit}`}</text>
    ${y.ticks.map(({ us, label }) => horizontal(y.at(us), label, width))}
    ${QUANTILES.filter(({ quantile }) => toNines(quantile) <= last).map(({ quantile, label }) => vertical(x(toNines(quantile)), label, bottom))}
    <line class="axis" x1="${LEFT}" x2="${width - 8}" y1="${bottom}" y2="${bottom}" />
    ${drawn}${legend}`
  return { height: bottom + 36 + curves.length * LEGEND_ROW, body }
}

function horizontal(y: number, label: string, width: number): Html {
  return markup`<line class="grid" x1="${LEFT}" x2="${width - 8}" y1="${y}" y2="${y}" /><text
      class="soft"
      x="${LEFT - 8}"
      y="${y + 4}"
      text-anchor="end"
      >${label}</text
    > `
}

function vertical(x: number, label: string, bottom: number): Html {
  return markup`<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}" /><text
      class="soft"
      x="${x}"
      y="${bottom + 18}"
      text-anchor="middle"
      >${label}</text
    > `
}

function legendRow(label: string, index: number, top: number, width: number): Html {
  const { color, dash } = strokeOf(index)
  const y = top + index * LEGEND_ROW
  const room = Math.floor((width - 44) / textWidth('x'))
  return markup`<path
      class="curve"
      style="stroke:${color}"
      stroke-dasharray="${dash === '' ? 'none' : dash}"
      d="M0 ${y - 4}H36"
    /><text x="44" y="${y}">${cut(label, room)}</text> `
}

function strokeOf(index: number): { color: string; dash: string } {
  return STROKES[index % STROKES.length] ?? { color: 'var(--c1)', dash: '' }
}
