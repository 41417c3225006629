import { scaleLinear, scalePoint } from 'd3-scale'
import { line } from 'd3-shape'
import { Html, markup, NOTHING } from '../markup.js'
import { tickText, type Drawing } from './chart.js'

export interface TrendMark {
  label: string
  value: number
  low: number | null
  high: number | null
  /** Measured on another machine or with another Node than the one before it. */
  elsewhere: boolean
}

const LEFT = 58
const TOP = 32
const PLOT = 170

/** One figure over runs, in the order of time and evenly spaced: what matters is the next run, not the weekend between. */
export function trendChart(marks: readonly TrendMark[], unit: string, width: number): Drawing {
  const highest = Math.max(...marks.map(({ value, high }) => high ?? value))
  const y = scaleLinear([0, highest === 0 ? 1 : highest * 1.08], [TOP + PLOT, TOP])
  const x = scalePoint(
    marks.map((_, index) => index),
    [LEFT + 14, width - 14],
  )
  const at = (index: number): number => x(index) ?? LEFT
  const path = line<TrendMark>(
    (_, index) => at(index),
    ({ value }) => y(value),
  ).digits(1)
  const whiskers = marks.map(({ low, high }, index) =>
    low === null || high === null
      ? NOTHING
      : markup`<line class="whisker" x1="${at(index)}" x2="${at(index)}" y1="${y(low)}" y2="${y(high)}" />`,
  )
  const steps = marks.map(({ elsewhere }, index) => {
    const between = (at(index - 1) + at(index)) / 2
    return elsewhere
      ? markup`<line class="limit" x1="${between}" x2="${between}" y1="${TOP}" y2="${TOP + PLOT}" />`
      : NOTHING
  })
  const body = markup`<text class="soft" x="0" y="12">${unit}</text>
    ${y.ticks(4).map((tick) => markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${LEFT}" x2="${width}" y1="${y(tick)}" y2="${y(tick)}" /><text class="soft" x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`)}
    ${steps}<path class="curve" style="stroke:var(--c1)" d="${new Html(path(marks) ?? '')}" />${whiskers}
    ${marks.map(({ value }, index) => markup`<circle class="mark" cx="${at(index)}" cy="${y(value)}" r="4.5" />`)}
    <text class="soft" x="${LEFT + 4}" y="${TOP + PLOT + 18}">${marks[0]?.label ?? ''}</text>
    ${marks.length < 2 || width < 500 ? NOTHING : markup`<text class="soft" x="${width}" y="${TOP + PLOT + 18}" text-anchor="end">${marks.at(-1)?.label ?? ''}</text>`}`
  return { height: TOP + PLOT + 26, body }
}
