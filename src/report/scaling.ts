import { workerKey, type Configuration } from '../result/configuration.js'
import type { Estimate } from '../result/analysis.js'
import type { ResultDocument } from '../result/document.js'
import { hostKey, type Host } from '../result/host-key.js'
import type { ServerName } from '../result/server.js'
import { fitUsl, uslThroughput, type UslModel } from '../result/usl.js'
import { eachInWords, plural } from './sentences.js'

/** Throughput at one load by number of workers, everything else alike. */
export interface ScalingSeries {
  workload: string | null
  /** What served; absent where only the bundled server was measured. */
  server?: ServerName | undefined
  /** With one worker: what all of them have in common. */
  worker: Configuration
  connections: number
  /** By workers, rising. */
  points: { workers: number; throughput: Estimate }[]
}

/** A line needs two points, and a decision three; the answer's line is in every picture that there is. */
export const FEWEST_POINTS = { line: 2, picture: 3 }
const MOST_SERIES = 4
/** Of the throughput; a curve that misses its points by more describes something else. */
const WORST_FIT = 0.1

/** The series of a result that show how it scales: that of the answer, then those with the most points. */
export function scalingSeries(document: ResultDocument): ScalingSeries[] {
  const series = new Map<string, ScalingSeries>()
  for (const { workload, server, configuration, connections, throughput } of measuredIn(document)) {
    const worker = { ...configuration, workers: 1 }
    const key = [workload, hostKey({ server, configuration: worker }), connections].join(' ')
    const own = series.get(key) ?? { workload, server, worker, connections, points: [] }
    own.points.push({ workers: configuration.workers, throughput })
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

/** Different numbers of workers. */
export function pointsOf({ points }: ScalingSeries): number {
  return new Set(points.map(({ workers }) => workers)).size
}

/** Whether a series is of the worker that is recommended. */
function answersSeries(document: ResultDocument): (series: ScalingSeries) => boolean {
  const answer = document.command === 'analyze' ? document.recommendation?.configuration : undefined
  return ({ worker }) => answer !== undefined && isOf(worker, answer)
}

function isOf(worker: Configuration, configuration: Configuration): boolean {
  return workerKey(worker) === workerKey(configuration)
}

/** Those of one workload that fit into one picture. */
export function shownSeries(document: ResultDocument, workload: string | null): ScalingSeries[] {
  return scalingSeries(document)
    .filter((one) => one.workload === workload)
    .slice(0, MOST_SERIES)
}

export function seriesLabel({ server, worker, connections }: ScalingSeries): string {
  const named = server === undefined ? '' : `${server} `
  return `${named}${worker.workerClass}${eachInWords(worker)}, ${connections} ${plural(connections, 'client')}`
}

/**
 * The scalability law of a series: that of the model where it is about the same trials, so that a report knows one law only; it says itself
 * by how much it is off. Else the one that fits best: `null` with fewer than four numbers of workers, and where it misses one of them by more
 * than 10 %.
 */
export function lawOf(document: ResultDocument, series: ScalingSeries): UslModel | null {
  const known = modelLaw(document, series)
  if (known !== null) return known
  const points = series.points.map(({ workers, throughput }) => ({
    n: workers,
    throughputRps: throughput.value,
  }))
  const law = fitUsl(points)
  if (law === null) return null
  const misses = points.map(({ n, throughputRps }) => Math.abs(uslThroughput(law, n) / throughputRps - 1))
  return Math.max(...misses) > WORST_FIT ? null : law
}

function modelLaw(document: ResultDocument, { worker }: ScalingSeries): UslModel | null {
  const model = document.command === 'analyze' ? document.model : null
  const law = model?.scalability.find(({ axis }) => axis === 'workers')
  const of = model?.workerSeries
  if (law === undefined || of === undefined || !isOf(worker, of.configuration)) return null
  return { lambda: law.lambda.value, sigma: law.sigma.value, kappa: law.kappa.value }
}

interface Row extends Host {
  workload: string | null
  server?: ServerName | undefined
  connections: number
  throughput: Estimate
}

function measuredIn(document: ResultDocument): Row[] {
  const rows: Row[] = []
  if (document.command === 'analyze') {
    // Each has the clients that fill it: what differs is part of the configuration, and no other load.
    const connections = Math.max(0, ...document.candidates.map((one) => one.connections))
    for (const { configuration, throughputRps } of document.candidates) {
      if (throughputRps !== null)
        rows.push({ workload: null, configuration, connections, throughput: throughputRps })
    }
    return rows
  }
  for (const { workload, server, configuration, load, throughputRps } of document.cells) {
    // Nobody tells how many workers a server has that runs already.
    if (throughputRps === null || server === 'url') continue
    rows.push({ workload, server, configuration, connections: load.connections, throughput: throughputRps })
  }
  return rows
}
