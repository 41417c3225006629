import type { Confirmation, Constraint, Model, RouteWorkload, Workload } from '../result/analysis.js'
import { loopsOf, workerKey } from '../result/configuration.js'
import type { ConnectionAdvice, ConnectionSweep } from '../result/connection-sweep.js'
import type { AnalyzeDocument } from '../result/document.js'
import { uslThroughput } from '../result/usl.js'
import {
  formatBytes,
  formatChange,
  formatCpus,
  formatEffect,
  formatLatency,
  formatNumber,
  formatPercent,
  formatRate,
  formatShare,
} from './format.js'
import { loadsOf } from './clients.js'
import { inBrackets, inWords, plural, timesGrade } from './sentences.js'
import { verdictSentence } from './verdicts.js'

// What renderings say of the later phases of an analysis. Plain text: the medium wraps, escapes and colours.

/** One line for each effect that was confirmed, or the reason why none was; empty in results without a confirmation. */
export function confirmationSentences(document: AnalyzeDocument): string[] {
  const { confirmation } = document
  if (confirmation === undefined) return []
  if (confirmation.effects.length === 0) return [confirmation.note]
  return confirmation.effects.map((effect) => confirmedEffect(effect, confirmation, document))
}

function confirmedEffect(
  { key, against, effect, verdict, raceEffect }: Confirmation['effects'][number],
  { blocks }: Confirmation,
  document: AnalyzeDocument,
): string {
  const { heuristic, noise } = document
  const race = raceEffect === null ? '' : `; the race, which selects, had ${formatChange(raceEffect.ratio)}`
  return (
    `${candidateName(key, document)} against ${candidateName(against, document)} on fresh servers, ${blocks} ${plural(blocks, 'block')}: ` +
    `${formatEffect(effect)} ${heuristic?.measure ?? 'throughput'}, ${verdictSentence(verdict, effect, noise)}${race}`
  )
}

/** A candidate in words, by its key. */
export function candidateName(key: string, { candidates }: Pick<AnalyzeDocument, 'candidates'>): string {
  const found = candidates.find((one) => one.key === key)
  return found === undefined ? key : inWords(found.configuration)
}

/** What to set, from the sweep; empty in results without one. */
export function connectionSentences(document: AnalyzeDocument): string[] {
  const { connections, recommendation } = document
  if (connections === undefined) return []
  const { advice, adviceAtLeast, fallsBeyond, note } = connections
  const first = `${note.charAt(0).toUpperCase()}${note.slice(1)}${sweepGrade(document)}`
  if (recommendation === null) return [first]
  const loops = loopsOf(recommendation.configuration)
  if (adviceAtLeast !== undefined) return [first, adviceBound(adviceAtLeast, loops)]
  if (advice === null) return [first]
  const held =
    advice.workerConnections === null
      ? ''
      : ` Worker connections: ${advice.workerConnections} ${forLoops(loops)} ${fallsBeyond === undefined ? 'are enough' : 'and no more'} behind a balancer that shares its connections; clients that keep idle connections of their own need one each.`
  return [
    first,
    `Load balancer: at most ${advice.balancerLimit} requests at a time to this server; ${fallsBeyond === undefined ? 'more only queue in it' : 'with more it gets less done'}.${held} ` +
      `Backlog: ${advice.backlog}, a second of work or more. Rules of thumb, on the measured knee and throughput.`,
  ]
}

/** Of what the points say; empty where they say nothing. */
function sweepGrade({ connections, workload }: AnalyzeDocument): string {
  if (connections?.latencyHoldsTo == null) return ''
  return (workload?.kneeConcurrency ?? null) === null
    ? '. Measured.'
    : '. Measured; the prediction is modelled.'
}

function adviceBound({ balancerLimit, workerConnections, backlog }: ConnectionAdvice, loops: number): string {
  const held =
    workerConnections === null ? '' : `worker connections at least ${workerConnections} ${forLoops(loops)}, `
  return `As far as was seen: at least ${balancerLimit} requests at a time from a load balancer, ${held}a backlog of at least ${backlog}. Rules of thumb, on what was measured.`
}

/** `8 clients 1,020 req/s 7.8 ms`, lowest first, for a compact line. */
export function sweepPoints({ points }: ConnectionSweep): string[] {
  return points.map(
    ({ connections, throughputRps, meanUs, believed }) =>
      `${formatNumber(connections).replace(/\.\d+$/, '')}: ${formatRate(throughputRps)} req/s, ${formatLatency(meanUs)}${believed ? '' : ' (not believed)'}`,
  )
}

const UNITS: readonly Model['predictions'][number]['unit'][] = ['requests', 'req/s', 'MiB']

/** By unit, and the farthest off first: where a model is wrong is what a reader wants to know. */
export function predictionsInOrder({ model }: AnalyzeDocument): Model['predictions'] {
  return (model?.predictions ?? []).toSorted(
    (a, b) => UNITS.indexOf(a.unit) - UNITS.indexOf(b.unit) || Math.abs(b.error) - Math.abs(a.error),
  )
}

/** `knee of 2 async workers, requests under way: predicted 7.16, measured 7.41 requests (-3.4 %)`. */
export function predictionSentences({ model }: AnalyzeDocument): string[] {
  return (model?.predictions ?? []).map((one) => {
    const { what, unit, predicted, lowerBound } = one
    const error = predictionError(one)
    const tail = lowerBound === true ? `: ${error}` : ` (${error})`
    return `${what}: predicted ${formatNumber(predicted)}, measured ${measuredFigure(one)} ${unit}${tail}`
  })
}

type Prediction = Model['predictions'][number]

/** `7.41`, or `at least 512` where the measurement ended before it was reached. */
export function measuredFigure({ measured, lowerBound }: Prediction): string {
  return lowerBound === true ? `at least ${formatNumber(measured)}` : formatNumber(measured)
}

/** How far the prediction is off; a bound that lies below it says nothing of that. */
export function predictionError({ error, lowerBound }: Prediction): string {
  if (lowerBound !== true) return formatPercent(error)
  return error >= 0 ? 'the sweep ended before the knee' : `too low, by ${formatShare(-error)} at least`
}

/** What the scalability law says over each axis, with how far it is off and with what it does not say. */
export function scalabilitySentences(document: AnalyzeDocument): string[] {
  return (document.model?.scalability ?? []).map((law) => {
    const { axis, sigma, kappa, peak, peakMeasured, from, to, wellSupported } = law
    const highest =
      peak === null
        ? 'no peak'
        : `peak at ${formatNumber(peak.value)}${peakMeasured ? '' : ', beyond what was measured'}`
    const off = worstError(law, document)
    const error = off === null ? '' : `; up to ${formatShare(off)} off what was measured`
    const support = wellSupported ? '' : '; few points, so take it as a sketch'
    return (
      `Scalability over ${axis} (USL, ${from} to ${to}): contention ${formatShare(sigma.value)}, ` +
      `coherency ${formatShare(kappa.value)}, ${highest}${error}${support} (modelled)`
    )
  })
}

/** `null` in results that do not tell what the law was fitted to. */
function worstError(
  { axis, lambda, sigma, kappa }: Model['scalability'][number],
  { model, connections }: AnalyzeDocument,
): number | null {
  const points =
    axis === 'workers'
      ? (model?.workerSeries?.points ?? []).map(({ workers, throughputRps }) => ({
          n: workers,
          throughputRps,
        }))
      : (connections?.points ?? [])
          .filter(({ believed }) => believed)
          .map(({ connections: n, throughputRps }) => ({ n, throughputRps }))
  const measured = points.filter(({ throughputRps }) => throughputRps > 0)
  if (measured.length === 0) return null
  const law = { lambda: lambda.value, sigma: sigma.value, kappa: kappa.value }
  return Math.max(
    ...measured.map(({ n, throughputRps }) => Math.abs(uslThroughput(law, n) / throughputRps - 1)),
  )
}

/** Throughput by workers as it was measured, and why there is no law where there is none; empty in results that do not tell. */
function workerSentences({ model, machine, candidates }: AnalyzeDocument): string[] {
  const [first, ...more] = model?.workerSeries?.points ?? []
  if (model?.workerSeries === undefined || first === undefined) return []
  const { configuration, connections } = model.workerSeries
  const own = candidates.filter((one) => workerKey(one.configuration) === workerKey(configuration))
  const lawless = model.scalability.some(({ axis }) => axis === 'workers')
    ? ''
    : `Scalability over workers: no law (USL), which takes four numbers of workers with everything else alike, and ${more.length + 1} ${more.length === 0 ? 'was' : 'were'} measured. `
  const grown = more.map(({ workers, throughputRps }) => {
    const each = throughputRps / workers / (first.throughputRps / first.workers)
    return `; ${workers} workers ${formatRate(throughputRps)} req/s, ${formatShare(each)} as much each`
  })
  return [
    `${lawless}In the race, with ${loadsOf(own).length > 1 ? 'up to ' : ''}${connections} ${plural(connections, 'client')} on ${cpusInWords(machine.effectiveCpus)}: ` +
      `${inWords(configuration)} ${formatRate(first.throughputRps)} req/s${grown.join('')}.`,
  ]
}

/** What the model says in words: scalability, and memory that grows. */
export function modelSentences(document: AnalyzeDocument): string[] {
  const leak = document.model?.leakBytesPerRequest ?? null
  return [
    ...scalabilitySentences(document),
    ...workerSentences(document),
    ...(leak === null
      ? []
      : [
          `Memory grew by ${formatNumber(leak)} bytes with each answered request, which is ${formatBytes(leak * 1e6)} in a million requests (measured).`,
        ]),
  ]
}

/** `C 2.2 ms: high, alone and under overload differ by 4 %`. */
export function certaintySentences({ model }: AnalyzeDocument): string[] {
  return (model?.certainty ?? []).map(
    ({ figure, value, confidence, why, raise }) =>
      `${figure} ${value}: ${confidence}, ${why}${raise === '' ? '' : `; surer with ${raise}`}`,
  )
}

const CAUSES: Record<NonNullable<Constraint['cause']>, string> = {
  workers: 'too few workers fit',
  heap: 'the heap of a worker is nearly full',
  leak: 'a leak fills it',
}

/** `gc-bound (high confidence): the collector stops the event loop for 34 % of its busy time under overload`. */
export function constraintSentence({ kind, cause, confidence, observed, raise }: Constraint): string {
  const as = cause === undefined ? '' : `, as ${CAUSES[cause]}`
  return `${kind}${as} (${confidence} confidence): ${observed}${raise === '' ? '' : `; surer with ${raise}`}`
}

/** `the app wrote logs meanwhile; surer with a longer probe`: why the class is not certain. */
export function doubtSentences({ doubts = [] }: Pick<Workload, 'doubts'>): string[] {
  return doubts.map(({ why, raise }) => {
    const reason = why.replace(/\.$/, '')
    return raise === '' ? reason : `${reason}; surer with ${raise}`
  })
}

/** Why it was not measured, or what makes its class uncertain and what would raise the confidence; empty when nothing does. */
export function routeNote({ note, doubts = [] }: RouteWorkload): string {
  return [...(note === '' ? [] : [note]), ...doubtSentences({ doubts })].join('. ')
}

/** `search (30 %): cpu, medium confidence, C 12 ms, E 12 ms, W 0 µs, R 12.4 ms (measured; W modelled); 88 % of the CPU`, and the doubts. */
export function routeSentence(route: RouteWorkload): string {
  const { name, share, class: nature, confidence, cpuPart } = route
  const note = routeNote(route)
  const head = `${name} (${formatShare(share)}): `
  if (nature === null) return `${head}not classified, ${note}`
  const ms = (value: number | null): string => formatLatency(value === null ? null : value * 1000)
  const times = `C ${ms(route.cpuMsPerRequest)}, E ${ms(route.loopMsPerRequest)}, W ${ms(route.waitMsPerRequest)}, R ${ms(route.residenceMsPerRequest)}`
  const part = cpuPart === null ? '' : `; ${formatShare(cpuPart)} of the CPU`
  const doubt = note === '' ? '' : `. Not sure: ${note}`
  return `${head}${nature}, ${confidence} confidence, ${times}${inBrackets(timesGrade(route.evidence))}${part}${doubt}`
}

function cpusInWords(cpus: number): string {
  return `${formatCpus(cpus)} ${cpus === 1 ? 'CPU' : 'CPUs'}`
}

function forLoops(loops: number): string {
  return loops === 1 ? 'for the one event loop' : `for each of ${loops} event loops`
}

/** The other machine, with the grade and the limits. */
export function whatIfSentences({ whatIf }: AnalyzeDocument): string[] {
  if (whatIf === undefined) return []
  const { effectiveCpus, memoryBytes, configuration, rule, throughputRps, ruleThroughputRps, pssBytes } =
    whatIf
  return [
    `With ${cpusInWords(effectiveCpus)} and ${formatBytes(memoryBytes)} (${whatIf.evidence}): ${inWords(configuration)}, ` +
      `about ${formatRate(throughputRps)} req/s and ${formatBytes(pssBytes)}; 2N+1 (${inWords(rule)}) about ${formatRate(ruleThroughputRps)} req/s.`,
    ...whatIf.limits,
  ]
}
