import type { Estimate } from '../../result/analysis.js'
import type { ComparisonDocument } from '../../result/comparison.js'
import type { ResultDocument } from '../../result/document.js'
import { hostKey } from '../../result/host-key.js'
import { METRICS, type Metric } from '../../result/metric.js'
import type { ServerName } from '../../result/server.js'
import { plural } from '../sentences.js'

/** One run in a series. */
export interface TrendPoint {
  name: string
  startedAt: string
  /** Machine and versions in a few words: where they change, the series has a step that is nobody's fault. */
  place: string
  estimate: Estimate
}

export interface TrendSeries {
  /** What is followed: an app in a configuration under a load. */
  subject: string
  metric: Metric
  points: TrendPoint[]
}

type Report = ResultDocument | ComparisonDocument

/** What each report says of its answer, as series over time, oldest first. */
export function trendSeries(reports: readonly Report[]): TrendSeries[] {
  const series = new Map<string, TrendSeries>()
  const ordered = reports.toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
  for (const report of ordered) {
    for (const { subject, metric, estimate } of figuresOf(report)) {
      const key = `${subject} ${metric}`
      const own = series.get(key) ?? { subject, metric, points: [] }
      own.points.push({ name: nameOf(report), startedAt: timeOf(report), place: placeOf(report), estimate })
      series.set(key, own)
    }
  }
  const order = Object.keys(METRICS)
  return [...series.values()].toSorted(
    (a, b) => a.subject.localeCompare(b.subject) || order.indexOf(a.metric) - order.indexOf(b.metric),
  )
}

interface Figure {
  subject: string
  metric: Metric
  estimate: Estimate
}

function figuresOf(report: Report): Figure[] {
  if ('subjects' in report) {
    return report.subjects
      .filter(({ main }) => main)
      .flatMap(({ workload, server, configuration, connections, metrics }) => {
        const app = workload ?? report.head.app ?? 'app'
        const load = `${connections.head} ${plural(connections.head, 'client')}`
        const subject = `${app}, ${hostKey({ server, configuration })}, ${load}`
        return metrics.flatMap(({ metric, head }) =>
          head === null ? [] : [{ subject, metric, estimate: head }],
        )
      })
  }
  if (report.command === 'analyze') {
    const { recommendation, app } = report
    if (recommendation === null) return []
    // The answer itself may change from run to run, and is followed as that.
    return ofFigures(`${app.spec}${under(app.server)}, as recommended`, recommendation.expected)
  }
  return report.cells
    .filter(({ best }) => best)
    .flatMap((cell) => ofFigures(`${cell.workload}${under(report.app?.server)}, best of the matrix`, cell))
}

/**
 * Another server is another subject: a step between the two would be nobody's fault. A command or an address says all by itself; of several
 * servers the best is followed, whichever that is.
 */
function under(server: ServerName | undefined): string {
  return server === undefined || server === 'command' || server === 'url' ? '' : ` under ${server}`
}

function ofFigures(
  subject: string,
  { throughputRps, latencyUs, pssBytes }: Pick<ResultLike, 'throughputRps' | 'latencyUs' | 'pssBytes'>,
): Figure[] {
  const alone = (value: number | null): Estimate | null =>
    value === null ? null : { value, low: null, high: null }
  const figures: [Metric, Estimate | null][] = [
    ['rps', throughputRps],
    ['latency.p50', alone(latencyUs.p50)],
    ['latency.p99', alone(latencyUs.p99)],
    ['memory.pss', alone(pssBytes)],
  ]
  return figures.flatMap(([metric, estimate]) => (estimate === null ? [] : [{ subject, metric, estimate }]))
}

interface ResultLike {
  throughputRps: Estimate | null
  latencyUs: { p50: number | null; p99: number | null }
  pssBytes: number | null
}

function nameOf(report: Report): string {
  return 'name' in report ? report.name : (report.run?.name ?? report.head.name)
}

function timeOf(report: Report): string {
  return 'startedAt' in report ? report.startedAt : report.head.startedAt
}

function placeOf(report: Report): string {
  const machine = 'machine' in report ? report.machine : report.run?.machine
  const node = machine?.nodeVersion ?? ('head' in report ? report.head.nodeVersion : '')
  return machine === undefined ? node : `${machine.effectiveCpus} CPUs, ${machine.cpuModel}, Node ${node}`
}
