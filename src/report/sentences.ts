import type {
  Candidate,
  HeuristicComparison,
  MemoryModel,
  Recommendation,
  Verdict,
  Workload,
} from '../result/analysis.js'
import { DEFAULT_WORKER_CONNECTIONS, sameConfiguration, type Configuration } from '../result/configuration.js'
import type { AnalyzeDocument, ResultDocument } from '../result/document.js'
import {
  formatBytes,
  formatChange,
  formatChangeInterval,
  formatCpus,
  formatDuration,
  formatEffect,
  formatInterval,
  formatLatency,
  formatNumber,
  formatRate,
  formatShare,
} from './format.js'
import { requestText } from '../result/request.js'

// What every rendering of a result says. Sentences are plain text: the medium wraps, escapes and colours.

/** `2 async workers`, `3 threaded workers × 3 threads`; worker connections only when they are not the default. */
export function inWords(configuration: Configuration): string {
  const { workerClass, workers, threads, workerConnections, threadPool } = configuration
  const processes = `${workers} ${workerClass} ${plural(workers, 'worker')}`
  const loops = threads > 1 ? ` × ${threads} threads` : ''
  const holds =
    workerClass === 'async' && workerConnections !== DEFAULT_WORKER_CONNECTIONS
      ? `, ${workerConnections} connections each`
      : ''
  const pool = threadPool === undefined ? '' : `, ${threadPool} libuv threads each`
  return `${processes}${loops}${holds}${pool}`
}

/** The answer in one line. */
export function headline({ recommendation, heuristic, status }: AnalyzeDocument): string {
  if (recommendation === null)
    return status === 'interrupted' ? 'Partial: no recommendation yet' : 'No recommendation'
  const answer = inWords(recommendation.configuration)
  if (recommendation.action === 'inconclusive') return 'Inconclusive: this run cannot tell what is best'
  const isRule =
    heuristic !== null && sameConfiguration(heuristic.configuration, recommendation.configuration)
  if (recommendation.action === 'keep') return `Keep ${isRule ? `2N+1: ${answer}` : answer}`
  return `Use ${answer}${heuristic === null || isRule ? '' : `: ${gain(heuristic)}`}`
}

function gain({ verdict, effect, configuration, measure = 'throughput' }: HeuristicComparison): string {
  const rule = `2N+1 (${inWords(configuration)})`
  if (effect === null || verdict === 'inconclusive') return `the difference to ${rule} is not certain`
  if (verdict === 'equivalent') return `as fast as ${rule}`
  return effect.ratio >= 3
    ? `${formatChange(effect.ratio)} the ${measure} of ${rule}`
    : `${formatChange(effect.ratio)} ${measure} compared with ${rule}`
}

/** `1,930 req/s (95 % interval 1,880–1,975), p50 31.8 ms, p99 41.2 ms, 171 MiB at 64 client connections`. */
export function expectation({ expected, connections }: Recommendation): string {
  const { throughputRps: rate, latencyUs, pssBytes, openLoad = false } = expected
  const parts: string[] = []
  if (rate !== null) {
    const interval =
      rate.low === null || rate.high === null ? '' : ` (95 % interval ${formatInterval(rate.low, rate.high)})`
    parts.push(`${formatRate(rate.value)} req/s${interval}`)
  }
  if (latencyUs.p50 !== null) parts.push(`p50 ${formatLatency(latencyUs.p50)}`)
  if (latencyUs.p99 !== null) parts.push(`p99 ${formatLatency(latencyUs.p99)}`)
  if (pssBytes !== null) parts.push(formatBytes(pssBytes))
  if (parts.length === 0) return 'not measured'
  return `${parts.join(', ')} ${openLoad ? 'by open load' : `at ${connections} client connections`}`
}

/** How far the expectation can be trusted. */
export function evidence({ expected, confidence }: Recommendation): string {
  return `${expected.evidence}, ${confidence} confidence`
}

/** `better: 13.4 times the throughput of 5 sync workers (95 % interval 13.1 to 13.7 times, 8 blocks)`. */
export function againstRule(heuristic: HeuristicComparison, recommended: Configuration | null): string {
  const rule = inWords(heuristic.configuration)
  if (recommended !== null && sameConfiguration(heuristic.configuration, recommended))
    return `the same: 2N+1 is ${rule}`
  const { effect, verdict, measure = 'throughput' } = heuristic
  if (effect === null) return `${verdict}: not compared with ${rule}`
  const interval = formatChangeInterval(effect)
  const blocks = `${effect.blocks} ${plural(effect.blocks, 'block')}`
  const basis = interval === '' ? blocks : `95 % interval ${interval}, ${blocks}`
  const change = formatChange(effect.ratio)
  const amount = effect.ratio >= 3 ? `${change} the ${measure} of` : `${change} ${measure} compared with`
  return `${verdict}: ${amount} ${rule} (${basis})`
}

const LIMITS: Record<Workload['limitedBy'], string> = {
  cpu: 'CPU',
  'event-loop': 'the event loop of one worker',
  'thread-pool': "libuv's thread pool",
  downstream: 'something behind the app (a pool, a database, another service)',
  generator: 'the load generator, so the app can do more than was measured',
  nothing: 'nothing ran out under the load that was tried',
  unknown: 'not known: there is no trial under overload that may be believed',
}

/** What ran out first at saturation. */
export function limitedBy(workload: Workload): string {
  return LIMITS[workload.limitedBy]
}

const CLASSES: Record<Workload['class'], string> = {
  cpu: 'computes on the event loop',
  'blocking-io': 'waits, and blocks the event loop meanwhile',
  'async-io': 'mostly waits, and leaves the event loop free',
  'offloop-cpu': 'computes outside of the event loop',
  mixed: 'computes and waits',
  downstream: 'is limited by what it calls',
}

/** `async-io (high confidence): mostly waits, and leaves the event loop free`. */
export function workloadClass(workload: Workload): string {
  return `${workload.class} (${workload.confidence} confidence): ${CLASSES[workload.class]}`
}

/** C, E, W and R per request, in the order of the model. */
export function workloadTimes(workload: Workload): string {
  const ms = (value: number): string => formatLatency(value * 1000)
  return [
    `C ${ms(workload.cpuMsPerRequest)} CPU`,
    `E ${ms(workload.loopMsPerRequest)} event loop busy`,
    `W ${ms(workload.waitMsPerRequest)} waiting`,
    `R ${ms(workload.residenceMsPerRequest)} response, per request`,
  ].join(', ')
}

/** Shares at one connection and the knee. */
export function workloadShares({ cpuShare, loopShare, kneeConcurrency }: Workload): string {
  const shares = `CPU ${formatShare(cpuShare)} and event loop ${formatShare(loopShare)} of the response time`
  return kneeConcurrency === null
    ? shares
    : `${shares}; knee at ${formatNumber(kneeConcurrency)} requests under way, beyond which only the queue grows`
}

export function memorySentence(memory: MemoryModel): string {
  return (
    `${formatBytes(memory.perWorkerBytes)} a worker, ${formatBytes(memory.perThreadBytes)} a further thread, ` +
    `${formatBytes(memory.arbiterBytes)} the arbiter: at most ${memory.maxWorkers} ` +
    `${plural(memory.maxWorkers, 'worker')} fit (${memory.evidence})`
  )
}

const OUTCOMES: Record<Candidate['outcome'], string> = {
  recommended: 'recommended',
  equivalent: 'equivalent',
  better: 'faster',
  inconclusive: 'cannot tell',
  worse: 'worse',
  invalid: 'not believed',
  excluded: 'not measured',
}

/** The outcome of a candidate in a word, with `2N+1` where it is the rule in its class. */
export function outcomeWords(candidate: Candidate, heuristic: HeuristicComparison | null): string {
  const isBestRule = heuristic !== null && sameConfiguration(candidate.configuration, heuristic.configuration)
  const isRule = isBestRule || candidate.proposedBy.some((formula) => formula.includes('2N+1'))
  return isRule ? `${OUTCOMES[candidate.outcome]}, 2N+1` : OUTCOMES[candidate.outcome]
}

/** Why a candidate was not chosen: effect and note, whatever is known. */
export function rejection({ effect, note, outcome }: Candidate): string {
  if (note !== '') return note
  return effect === null ? OUTCOMES[outcome] : formatEffect(effect)
}

/** Candidates that a reader may wonder about; the equivalent ones speak for themselves in the table. */
export function isRejected({ outcome, note, effect }: Candidate): boolean {
  // Without an answer, what stands in for it was not rejected either.
  const standIn = outcome === 'inconclusive' && note === '' && effect === null
  return outcome !== 'recommended' && outcome !== 'equivalent' && !standIn
}

export const VERDICT_WORDS: Record<Verdict, string> = {
  better: 'better',
  worse: 'worse',
  equivalent: 'equivalent',
  inconclusive: 'cannot tell',
}

/** `interrupted after 42 s: 17 trials finished, 15 of them believed`. */
export function partialSentence({ trials, durationSeconds }: ResultDocument): string {
  const believed = trials.filter(({ validity }) => validity.ok).length
  return (
    `interrupted after ${formatDuration(durationSeconds)}: ${trials.length} ` +
    `${plural(trials.length, 'trial')} finished, ${believed} of them believed`
  )
}

/** What the figures hold for, and what they do not. */
export function limitsOfValidity(document: ResultDocument): string {
  const { machine, request } = document
  const cpus = `${formatCpus(machine.effectiveCpus)} ${machine.effectiveCpus === 1 ? 'CPU' : 'CPUs'}`
  return (
    `Valid for this machine (${cpus}, ${formatBytes(machine.memoryLimitBytes)}), this request ` +
    `(${requestText(request)}) and closed-loop clients on loopback that share its CPUs. ` +
    `Another mix of routes, a real network or busy neighbours change the figures.`
  )
}

export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}
