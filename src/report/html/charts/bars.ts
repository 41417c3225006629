import { scaleLinear } from 'd3-scale'
import { cut, markup, NOTHING, type Html } from '../markup.js'
import { textWidth, type Drawing } from './chart.js'

export interface Bar {
  label: string
  /** What stands at the right. */
  text: string
  /** Stands behind it where there is room. */
  detail: string
  value: number
  low: number | null
  high: number | null
  /** Drawn in the accent colour. */
  best: boolean
}

const ROW = 42
const BAR = 12
const GAP = 12

/** A bar for each row with its interval as a whisker; label and figure stand above it, so that both have room at any width. */
export function barChart(bars: readonly Bar[], width: number): Drawing {
  const most = Math.max(0, ...bars.map(({ value, high }) => Math.max(value, high ?? 0)))
  const x = scaleLinear([0, most === 0 ? 1 : most], [0, width - 2])
  return { height: bars.length * ROW, body: bars.map((bar, index) => row(bar, index * ROW, width, x)) }
}

function row(bar: Bar, top: number, width: number, x: (value: number) => number): Html {
  const { best, value, label } = bar
  const letter = textWidth('x', best)
  const whole = `${bar.text} ${bar.detail}`.trim()
  const fits = label.length * letter + GAP + textWidth(whole, true) <= width
  const text = fits ? whole : bar.text
  const room = Math.floor((width - textWidth(text, true) - GAP) / letter)
  const middle = top + 20 + BAR / 2
  const y = top + 14
  return markup`<text class="${best ? 'strong' : ''}" x="0" y="${y}">${cut(label, Math.max(8, room))}</text>
    <text class="strong" x="${width}" y="${y}" text-anchor="end">${text}</text>
    <line class="grid" x1="${x(value)}" x2="${width}" y1="${middle}" y2="${middle}"/>
    <rect class="bar${best ? ' best' : ''}" x="0" y="${top + 20}" width="${x(value)}" height="${BAR}" rx="2"/>
    ${whisker(bar, middle, x)}
  `
}

function whisker({ low, high }: Bar, middle: number, x: (value: number) => number): Html {
  if (low === null || high === null) return NOTHING
  const [from, to] = [x(low), x(high)].map((value) => Number(value.toFixed(1)))
  return markup`<path
    class="whisker"
    d="M${from ?? 0} ${middle - 5}v10M${from ?? 0} ${middle}H${to ?? 0}M${to ?? 0} ${middle - 5}v10"
  />`
}
