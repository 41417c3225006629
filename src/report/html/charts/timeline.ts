import { scaleLinear } from 'd3-scale'
import { markup, NOTHING, type Html } from '../markup.js'
import { textWidth, type Drawing } from './chart.js'

export interface TimelinePoint {
  /** Seconds since the start of the run. */
  seconds: number
  /** Throughput against the median of the same configuration, minus one; `null` where there is no median. */
  deviation: number | null
  believed: boolean
  phase: string
}

const LEFT = 48
const TOP = 34
const PLOT = 190
/** Farther than this is drawn at the edge: one broken trial must not flatten all others. */
const FARTHEST = 0.5
const NEAREST = 0.05

/** Every trial at its time: how far from its own median, so that drift of the machine shows as a slope and an outlier as a spike. */
export function timelineChart(points: readonly TimelinePoint[], width: number): Drawing {
  const last = Math.max(1, ...points.map(({ seconds }) => seconds))
  const farthest = Math.max(...points.map(({ deviation }) => Math.abs(deviation ?? 0)))
  const reach = Math.min(FARTHEST, Math.max(NEAREST, farthest * 1.05))
  const x = scaleLinear([0, last], [LEFT, width - 8])
  const y = scaleLinear([-reach, reach], [TOP + PLOT, TOP]).clamp(true)
  const bottom = TOP + PLOT
  const body = markup`${phases(points, x, width, bottom)}
  ${y.ticks(5).map((tick) => markup`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${LEFT}" x2="${width - 8}" y1="${y(tick)}" y2="${y(tick)}" /><text class="soft" x="${LEFT - 6}" y="${y(tick) + 4}" text-anchor="end">${percent(tick)}</text>`)}
  ${x.ticks(width < 500 ? 4 : 8).map((tick) => markup`<text class="soft" x="${x(tick)}" y="${bottom + 18}" text-anchor="${x(tick) > width - 24 ? 'end' : 'middle'}">${`${tick} s`}</text>`)}
  ${points.map((point) => mark(point, x(point.seconds), y(point.deviation ?? 0)))}`
  return { height: bottom + 26, body }
}

function mark({ believed }: TimelinePoint, x: number, y: number): Html {
  return believed
    ? markup`<circle class="dot" cx="${x}" cy="${y}" r="3.5" />`
    : markup`<path class="cross" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8" />`
}

/** Where each phase begins. */
function phases(
  points: readonly TimelinePoint[],
  x: (seconds: number) => number,
  width: number,
  bottom: number,
): Html[] {
  const starts = points.filter(({ phase }, index) => phase !== points[index - 1]?.phase)
  // Names that would run into each other alternate between two lines; more than that are left out.
  const ends = [0, 0]
  return starts.map(({ seconds, phase }) => {
    const at = x(seconds) - 5
    const text = textWidth(phase)
    const from = Math.min(at, width - text)
    const lane = ends.findIndex((end) => end <= from)
    if (lane >= 0) ends[lane] = from + text + 6
    const name =
      lane < 0 ? NOTHING : markup`<text class="soft" x="${from}" y="${12 + lane * 14}">${phase}</text>`
    return markup`<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${bottom}" />${name}`
  })
}

function percent(share: number): string {
  const points = Number((share * 100).toFixed(1))
  return `${points > 0 ? '+' : ''}${points} %`
}
