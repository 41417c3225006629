import { formatUnderWay } from '../../format.js'
import type { SweepPoint, SweepView } from '../../sweep.js'
import { markup, NOTHING, type Html } from '../markup.js'
import type { Drawing } from './chart.js'
import {
  CIRCLE,
  DIAMOND,
  filledMark,
  latencyPlane,
  NOT_BELIEVED,
  objectiveLine,
  planeCurve,
  SQUARE,
  withLegend,
  type LatencyPlane,
  type LegendRow,
} from './latency-plane.js'

const MEAN = { color: 'var(--c1)', mark: CIRCLE, dash: 'none' }
const P99 = { color: 'var(--c2)', mark: SQUARE, dash: '6 3' }
/** Room for the numbers of connections. */
const LABELS = { beside: 34, below: 24 }

/**
 * Latency over throughput as client connections grow: level while there is room, upright where nothing is left. The two asymptotes of
 * the mean (the shortest latency, the highest throughput) meet at the knee.
 */
export function sweepChart(view: SweepView, width: number): Drawing {
  const { points, objective } = view
  const plane = latencyPlane({
    latenciesUs: [
      ...points.flatMap(({ meanUs, p99Us }) => [meanUs, p99Us].filter((us) => us !== null)),
      ...(objective === null ? [] : [objective.limitUs]),
    ],
    mostRps: Math.max(...points.map(({ throughputRps }) => throughputRps)),
    label: 'requests per second',
    width,
    ...LABELS,
  })
  const of = (pick: (point: SweepPoint) => number | null) =>
    points.map((point) => ({ rps: point.throughputRps, us: pick(point), believed: point.believed }))
  const body = markup`${plane.frame}
    ${asymptotes(view, plane)}${objective === null ? NOTHING : objectiveLine(objective, plane)}
    ${planeCurve(
      of(({ p99Us }) => p99Us),
      P99,
      plane,
    )}
    ${planeCurve(
      of(({ meanUs }) => meanUs),
      MEAN,
      plane,
    )}
    ${kneeMark(view, plane)}${labels(points, plane)}`
  return withLegend(body, legendOf(view), plane)
}

function asymptotes({ knee }: SweepView, { x, y, left, top, bottom }: LatencyPlane): Html {
  if (knee === null) return NOTHING
  const [right, level] = [x(knee.throughputRps), y(knee.meanUs)]
  return markup`<path class="limit" d="M${left} ${level}H${right}M${right} ${bottom}V${top}" />`
}

function kneeMark({ knee }: SweepView, { x, y }: LatencyPlane): Html {
  if (knee === null) return NOTHING
  return markup`<path class="knee" transform="translate(${x(knee.throughputRps)} ${y(knee.meanUs)})" d="${DIAMOND}" />`
}

/** Numbers of connections right of and below the points of the mean, where no curve runs; those without room are left out. */
function labels(points: readonly SweepPoint[], { x, y }: LatencyPlane): Html[] {
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

function legendOf({ points, knee }: SweepView): LegendRow[] {
  return [
    { mark: filledMark(MEAN.color, MEAN.mark), text: 'mean, with client connections' },
    ...(points.some(({ p99Us }) => p99Us !== null)
      ? [{ mark: filledMark(P99.color, P99.mark), text: 'p99' }]
      : []),
    ...(knee === null
      ? []
      : [
          {
            mark: markup`<path class="knee" d="${DIAMOND}" />`,
            text: `knee: ${formatUnderWay(knee.underWay)}`,
          },
        ]),
    ...(points.some(({ believed }) => !believed) ? [NOT_BELIEVED] : []),
  ]
}
