import { scaleLinear } from 'd3-scale'
import { formatPercent } from '../../format.js'
import { markup, NOTHING, type Html } from '../markup.js'
import { textWidth, type Drawing } from './chart.js'

/** A change with its interval. Shares: 0 is none. */
export interface ForestRow {
  label: string
  /** The change and the verdict in words, at the right. */
  text: string
  change: number | null
  low: number | null
  high: number | null
  /** Less than this on either side counts as nothing. */
  margin: number
  kind: 'good' | 'bad' | 'plain'
}

const ROW = 46
/** Where label and words do not fit beside each other, the words have a line of their own. */
const TIGHT_ROW = 62
const TOP = 8
const AXIS = 26
/** Half of a label of the axis. */
const LABEL = 24
/** Beyond this a bound is drawn at the edge, and a change as an arrow: one wild row must not press all others together. */
const FARTHEST = 1
const NEAREST = 0.08

/** Changes around zero, the band that counts as none behind them: what lies beside its band has changed. */
export function forestChart(rows: readonly ForestRow[], width: number): Drawing {
  const within = rows.filter(({ change }) => Math.abs(change ?? 0) <= FARTHEST)
  const bounds = within.flatMap(({ change, low, high, margin }) => [change ?? 0, low ?? 0, high ?? 0, margin])
  const reach = Math.min(FARTHEST, Math.max(NEAREST, ...bounds.map((bound) => Math.abs(bound) * 1.08)))
  const x = scaleLinear([-reach, reach], [8, width - 8]).clamp(true)
  const tight = rows.some((row) => !fits(row, width))
  const height = tight ? TIGHT_ROW : ROW
  const bottom = TOP + rows.length * height
  // A label at the edge would be cut.
  const ticks = x.ticks(width < 500 ? 4 : 8).filter((tick) => x(tick) > LABEL && x(tick) < width - LABEL)
  const grid = ticks.map(
    (tick) =>
      markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${bottom}" /><text class="soft" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${formatPercent(tick).replace('.0 ', ' ')}</text>`,
  )
  const body = markup`${grid}${rows.map((row, index) => drawRow(row, TOP + index * height, width, { x, reach, tight }))}`
  return { height: bottom + AXIS, body }
}

function fits({ label, text }: ForestRow, width: number): boolean {
  return textWidth(label) + textWidth(text, true) + 16 <= width
}

function drawRow(
  { label, text, change, low, high, margin, kind }: ForestRow,
  top: number,
  width: number,
  { x, reach, tight }: { x: (value: number) => number; reach: number; tight: boolean },
): Html {
  const y = top + 14
  const middle = top + (tight ? 46 : 28)
  const words = tight
    ? markup`<text class="halo" x="0" y="${y}">${label}</text><text class="strong halo" x="0" y="${y + 18}">${text}</text>`
    : markup`<text class="halo" x="0" y="${y}">${label}</text><text class="strong halo" x="${width}" y="${y}" text-anchor="end">${text}</text>`
  const band = markup`<rect class="band" x="${x(-margin)}" y="${middle - 7}" width="${x(margin) - x(-margin)}" height="14" rx="2" />`
  const interval =
    low === null || high === null
      ? NOTHING
      : markup`<line class="interval ${kind}" x1="${x(low)}" x2="${x(high)}" y1="${middle}" y2="${middle}" />`
  const point =
    change === null
      ? NOTHING
      : Math.abs(change) > reach
        ? arrow(Math.sign(change), x(change), middle, kind)
        : markup`<circle class="point ${kind}" cx="${x(change)}" cy="${middle}" r="5" />`
  return markup`${band}${interval}${point}${words}
  `
}

/** What lies beyond the edge points there. */
function arrow(direction: number, at: number, middle: number, kind: ForestRow['kind']): Html {
  return markup`<path class="point ${kind}" d="M${at} ${middle - 6}l${8 * direction} 6l${-8 * direction} 6z" />`
}
