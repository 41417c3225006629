import type { Configuration, WorkerClass } from '../result/configuration.js'
import type { Estimate } from '../result/analysis.js'
import type { ResultDocument } from '../result/document.js'
import { plural } from './sentences.js'

/** Throughput of one class at one load by number of workers, everything else alike. */
export interface ScalingSeries {
  workload: string | null
  workerClass: WorkerClass
  threads: number
  connections: number
  /** By workers, rising. */
  points: { workers: number; throughput: Estimate }[]
}

/** A line needs two points, and a decision three; the answer's line is in every picture that there is. */
export const FEWEST_POINTS = { line: 2, picture: 3 }
const MOST_SERIES = 4

/** The series of a result that show how it scales: that of the answer, then those with the most points. */
export function scalingSeries(document: ResultDocument): ScalingSeries[] {
  const series = new Map<string, ScalingSeries>()
  for (const { workload, configuration, connections, throughput } of measuredIn(document)) {
    const { workerClass, workers, threads, workerConnections } = configuration
    const key = [workload, workerClass, threads, workerConnections, connections].join(' ')
    const own = series.get(key) ?? { workload, workerClass, threads, connections, points: [] }
    own.points.push({ workers, throughput })
    series.set(key, own)
  }
  const isAnswers = answersSeries(document)
  const weight = (one: ScalingSeries): number => (isAnswers(one) ? 0 : 1)
  const drawn = [...series.values()]
    .map((one) => ({ ...one, points: one.points.toSorted((a, b) => a.workers - b.workers) }))
    .filter((one) => pointsOf(one) >= (isAnswers(one) ? FEWEST_POINTS.line : FEWEST_POINTS.picture))
    .toSorted(
      (a, b) => weight(a) - weight(b) || b.points.length - a.points.length || b.connections - a.connections,
    )
  return drawn.some((one) => pointsOf(one) >= FEWEST_POINTS.picture) ? drawn : []
}

function pointsOf({ points }: ScalingSeries): number {
  return new Set(points.map(({ workers }) => workers)).size
}

/** Whether a series is of the class that is recommended, with as many threads. */
function answersSeries(document: ResultDocument): (series: ScalingSeries) => boolean {
  const answer = document.command === 'analyze' ? document.recommendation?.configuration : undefined
  return ({ workerClass, threads }) => workerClass === answer?.workerClass && threads === answer.threads
}

/** Those of one workload that fit into one picture. */
export function shownSeries(document: ResultDocument, workload: string | null): ScalingSeries[] {
  return scalingSeries(document)
    .filter((one) => one.workload === workload)
    .slice(0, MOST_SERIES)
}

export function seriesLabel({ workerClass, threads, connections }: ScalingSeries): string {
  const loops = threads > 1 ? ` × ${threads} ${plural(threads, 'thread')}` : ''
  return `${workerClass}${loops}, ${connections} clients`
}

function measuredIn(document: ResultDocument) {
  const rows: {
    workload: string | null
    configuration: Configuration
    connections: number
    throughput: Estimate
  }[] = []
  if (document.command === 'analyze') {
    for (const { configuration, connections, throughputRps } of document.candidates) {
      if (throughputRps !== null)
        rows.push({ workload: null, configuration, connections, throughput: throughputRps })
    }
    return rows
  }
  for (const { workload, server, configuration, load, throughputRps } of document.cells) {
    if (throughputRps === null || server !== undefined) continue
    rows.push({ workload, configuration, connections: load.connections, throughput: throughputRps })
  }
  return rows
}
