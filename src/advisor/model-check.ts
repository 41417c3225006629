import type { Candidate, MemoryModel, Model, Workload } from '../result/analysis.js'
import { workerKey } from '../result/configuration.js'
import type { ConnectionSweep } from '../result/connection-sweep.js'
import { median } from '../result/median.js'
import { serverBytes } from '../result/memory.js'
import { startBytes } from '../result/memory-model.js'
import type { Trial } from '../result/trial.js'
import type { UslPoint } from '../result/usl.js'
import { configurationKnee, expectedThroughput } from './model.js'
import { fitUslWithIntervals } from './usl.js'
import { inWords, number } from './wording.js'

type Prediction = Model['predictions'][number]
const MIB = 2 ** 20

/** From this part of the knee on, the one on the cores that were left differs too little to say. */
const MOSTLY_OURS = 0.9
/** Points of the sweep at which the cores were full, or nearly. */
const NEARLY_HIGHEST = 0.9
const FEWEST_CORES = 0.1
const LOWER_BOUND = { lowerBound: true } as const

/**
 * Cores that the target could have in the sweep where its throughput was highest: those that may be used without the generator's, and not more
 * than the host had free of others. `null` without believed points, and where the machine does not tell.
 */
export function coresLeft(trials: readonly Trial[], effectiveCpus: number, hostCpus: number): number | null {
  const believed = trials.filter(({ phase, validity }) => phase === 'sweep' && validity.ok)
  const highest = Math.max(...believed.map(({ throughputRps }) => throughputRps))
  const lefts = believed
    .filter(({ throughputRps }) => throughputRps >= NEARLY_HIGHEST * highest)
    .map(({ generatorCpu, generators = 1, environment }) => {
      const foreign = environment?.foreignCores ?? null
      const load = generatorCpu * generators
      return foreign === null ? null : Math.min(effectiveCpus, hostCpus - foreign) - load
    })
    .filter((one) => one !== null)
  const middle = median(lefts)
  return middle === null ? null : Math.max(FEWEST_CORES, middle)
}

/**
 * Everything that the model said before it was measured, beside what was measured then. Memory is that of each server by itself, which is
 * what the model predicts; PSS, where it is not known, is less by what other servers share.
 *
 * @param left cores that the target really had
 * @param leaks the measured memory holds what stayed behind of the requests, which the model leaves out
 */
export function predictionsOf(
  candidates: readonly Candidate[],
  sweep: ConnectionSweep | undefined,
  workload: Workload,
  memory: MemoryModel,
  effectiveCpus: number,
  left: number | null = null,
  leaks = false,
): Prediction[] {
  const knee = sweep?.kneePredicted ?? null
  const swept = candidates.find(({ key }) => key === sweep?.key)?.configuration
  const measuredKnee = sweep?.kneeMeasured ?? sweep?.kneeBeyond ?? null
  const isBound = sweep?.kneeMeasured == null
  // On cores that are shared with a generator and with neighbours, fewer requests fill what is left of them.
  const kneeLeft = left === null || swept === undefined ? null : configurationKnee(swept, workload, left)
  const isLess = knee !== null && kneeLeft !== null && kneeLeft <= MOSTLY_OURS * knee
  const knees = [
    {
      what: `knee${swept === undefined ? '' : ` of ${inWords(swept)}`}, requests under way`,
      predicted: knee,
    },
    {
      what: `knee on the ${number(left ?? 0)} cores that load and neighbours left`,
      predicted: isLess ? kneeLeft : null,
    },
  ].flatMap(({ what, predicted }) =>
    predicted === null || measuredKnee === null
      ? []
      : [{ ...prediction(what, 'requests', predicted, measuredKnee), ...(isBound ? LOWER_BOUND : {}) }],
  )
  const others = candidates.flatMap((candidate) => {
    const { configuration, connections, throughputRps, aloneBytes } = candidate
    const name = inWords(configuration)
    const measuredBytes = serverBytes(candidate)
    const expected = expectedThroughput(configuration, workload, effectiveCpus, connections)
    return [
      ...(throughputRps === null
        ? []
        : [prediction(`throughput of ${name}`, 'req/s', expected, throughputRps.value)]),
      ...(measuredBytes === null
        ? []
        : [
            prediction(
              `memory of ${name}${aloneBytes === undefined ? '' : ' alone'}${leaks ? ', with what leaked' : ''}`,
              'MiB',
              startBytes(configuration, memory) / MIB,
              measuredBytes / MIB,
            ),
          ]),
    ]
  })
  return [...knees, ...others]
}

function prediction(what: string, unit: Prediction['unit'], predicted: number, measured: number): Prediction {
  return { what, unit, predicted, measured, error: measured === 0 ? 0 : predicted / measured - 1 }
}

/** The scalability law over workers, as far as they were varied, and over the connections of the sweep. */
export function scalabilityOf(
  trials: readonly Trial[],
  random: () => number,
): Pick<Model, 'scalability' | 'workerSeries'> {
  const valid = trials.filter(({ validity }) => validity.ok)
  const raced = longestSeries(valid.filter(({ phase }) => phase === 'race'))
  const workers = raced.map(({ configuration, throughputRps }) => ({
    n: configuration.workers,
    throughputRps,
  }))
  const connections = valid
    .filter(({ phase }) => phase === 'sweep')
    .map(({ load, throughputRps }) => ({ n: load.connections, throughputRps }))
  return {
    scalability: [
      ...scalability('workers', workers, random),
      ...scalability('connections', connections, random),
    ],
    ...workerSeries(raced),
  }
}

/** Trials that differ in their number of workers alone, and in the clients that fill them, of which there are most; of as many, those of event loops. */
function longestSeries(raced: readonly Trial[]): Trial[] {
  const series = new Map<string, Trial[]>()
  for (const trial of raced) {
    const key = workerKey(trial.configuration)
    series.set(key, [...(series.get(key) ?? []), trial])
  }
  const isAsync = ([one]: readonly Trial[]): number => (one?.configuration.workerClass === 'async' ? 1 : 0)
  const [longest = []] = [...series.values()].sort(
    (a, b) => countsOf(b).length - countsOf(a).length || isAsync(b) - isAsync(a),
  )
  return longest
}

function countsOf(trials: readonly Trial[]): number[] {
  return [...new Set(trials.map(({ configuration }) => configuration.workers))].sort((a, b) => a - b)
}

function workerSeries(raced: readonly Trial[]): Pick<Model, 'workerSeries'> {
  const [first] = raced
  if (first === undefined) return {}
  const counts = countsOf(raced)
  const points = counts.map((workers) => {
    const own = raced.filter(({ configuration }) => configuration.workers === workers)
    // The mean, as in the table of candidates.
    const sumRps = own.reduce((sum, { throughputRps }) => sum + throughputRps, 0)
    return { workers, throughputRps: sumRps / own.length }
  })
  const configuration = { ...first.configuration, workers: counts[0] ?? first.configuration.workers }
  const connections = Math.max(...raced.map(({ load }) => load.connections))
  return { workerSeries: { configuration, connections, points } }
}

function scalability(
  axis: Model['scalability'][number]['axis'],
  points: readonly UslPoint[],
  random: () => number,
): Model['scalability'] {
  const fit = fitUslWithIntervals(points, random)
  if (fit === null) return []
  const { lambda, sigma, kappa, peak, peakMeasured, from, to, wellSupported } = fit
  return [{ axis, lambda, sigma, kappa, peak, peakMeasured, from, to, wellSupported }]
}
