import type { Candidate, ConnectionSweep, MemoryModel, Model, Workload } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'
import { startBytes } from './memory.js'
import { expectedThroughput } from './model.js'
import { fitUslWithIntervals, type UslPoint } from './usl.js'
import { inWords } from './wording.js'

type Prediction = Model['predictions'][number]
const MIB = 2 ** 20
/** Enough for intervals of two digits; the law is a by-product here. */
const RESAMPLES = 150

/** Everything that the model said before it was measured, beside what was measured then. */
export function predictionsOf(
  candidates: readonly Candidate[],
  sweep: ConnectionSweep | undefined,
  workload: Workload,
  memory: MemoryModel,
  effectiveCpus: number,
): Prediction[] {
  const knee = workload.kneeConcurrency
  const measuredKnee = sweep?.kneeMeasured ?? null
  const knees =
    knee === null || measuredKnee === null
      ? []
      : [prediction('knee, requests under way', 'requests', knee, measuredKnee)]
  const others = candidates.flatMap(({ configuration, connections, throughputRps, pssBytes }) => {
    const name = inWords(configuration)
    const expected = expectedThroughput(configuration, workload, effectiveCpus, connections)
    return [
      ...(throughputRps === null
        ? []
        : [prediction(`throughput of ${name}`, 'req/s', expected, throughputRps.value)]),
      ...(pssBytes === null
        ? []
        : [prediction(`memory of ${name}`, 'MiB', startBytes(configuration, memory) / MIB, pssBytes / MIB)]),
    ]
  })
  return [...knees, ...others]
}

function prediction(what: string, unit: Prediction['unit'], predicted: number, measured: number): Prediction {
  return { what, unit, predicted, measured, error: measured === 0 ? 0 : predicted / measured - 1 }
}

/** The scalability law over workers of the class that was measured with most of them, and over the connections of the sweep. */
export function scalabilityOf(trials: readonly Trial[], random: () => number): Model['scalability'] {
  const valid = trials.filter(({ validity }) => validity.ok)
  const raced = valid.filter(({ phase, configuration }) => phase === 'race' && configuration.threads === 1)
  const byClass = (workerClass: Configuration['workerClass']): UslPoint[] =>
    raced
      .filter(({ configuration }) => configuration.workerClass === workerClass)
      .map(({ configuration, throughputRps }) => ({ n: configuration.workers, throughputRps }))
  const workers = [byClass('async'), byClass('sync')].sort((a, b) => distinct(b) - distinct(a))[0] ?? []
  const connections = valid
    .filter(({ phase }) => phase === 'sweep')
    .map(({ load, throughputRps }) => ({ n: load.connections, throughputRps }))
  return [...scalability('workers', workers, random), ...scalability('connections', connections, random)]
}

function distinct(points: readonly UslPoint[]): number {
  return new Set(points.map(({ n }) => n)).size
}

function scalability(
  axis: Model['scalability'][number]['axis'],
  points: readonly UslPoint[],
  random: () => number,
): Model['scalability'] {
  const fit = fitUslWithIntervals(points, random, RESAMPLES)
  if (fit === null) return []
  const { lambda, sigma, kappa, peak, peakMeasured, from, to, wellSupported } = fit
  return [{ axis, lambda, sigma, kappa, peak, peakMeasured, from, to, wellSupported }]
}
