import type { Objective } from '../../../result/objective.js'
import type { RateProbe, RateSubject } from '../../../result/rate-document.js'
import { formatRate } from '../../format.js'
import { markup, NOTHING, type Html } from '../markup.js'
import type { Drawing } from './chart.js'
import {
  CIRCLE,
  filledMark,
  latencyPlane,
  NOT_BELIEVED,
  objectiveLine,
  planeCurve,
  SMALL_DIAMOND,
  SQUARE,
  withLegend,
  type LatencyPlane,
} from './latency-plane.js'

const PERCENTILES = [
  { name: 'p50', color: 'var(--c1)', mark: CIRCLE, dash: 'none' },
  { name: 'p95', color: 'var(--c3)', mark: SMALL_DIAMOND, dash: '2 3' },
  { name: 'p99', color: 'var(--c2)', mark: SQUARE, dash: '6 3' },
] as const

/** Latency over the rate that was offered, with the objective and the largest rate that keeps it. */
export function rateChart(
  { largest }: RateSubject,
  probes: readonly RateProbe[],
  objective: Objective | null,
  width: number,
): Drawing {
  const shown = PERCENTILES.filter(({ name }) =>
    probes.some(({ outcome }) => outcome.latencyUs[name] !== null),
  )
  const plane = latencyPlane({
    latenciesUs: [
      ...probes.flatMap(({ outcome }) => shown.flatMap(({ name }) => outcome.latencyUs[name] ?? [])),
      ...(objective === null ? [] : [objective.limitUs]),
    ],
    mostRps: Math.max(...probes.map(({ ratePerSecond }) => ratePerSecond)),
    label: 'requests offered per second',
    width,
    beside: 10,
    below: 0,
  })
  const curves = shown.map((style) =>
    planeCurve(
      probes.map(({ ratePerSecond, outcome, believed }) => ({
        ...{ rps: ratePerSecond, us: outcome.latencyUs[style.name], believed },
      })),
      style,
      plane,
    ),
  )
  const body = markup`${plane.frame}${largestLine(largest?.met ?? null, plane)}${objective === null ? NOTHING : objectiveLine(objective, plane)}
    ${curves}`
  const rows = shown.map(({ name, color, mark }) => ({ mark: filledMark(color, mark), text: name }))
  const doubted = probes.some(({ believed }) => !believed) ? [NOT_BELIEVED] : []
  return withLegend(body, [...rows, ...doubted], plane)
}

/** Its label stands left of it where the plane ends right of it. */
function largestLine(met: number | null, { x, top, bottom, left, right }: LatencyPlane): Html {
  if (met === null) return NOTHING
  const at = x(met)
  const [text, anchor] = at > (left + right) / 2 ? [at - 6, 'end'] : [at + 6, 'start']
  return markup`<path class="limit" d="M${at} ${bottom}V${top}" /><text class="strong halo" x="${text}" y="${top + 12}" text-anchor="${anchor}">${`${formatRate(met)} req/s`}</text>`
}
