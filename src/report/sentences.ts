import type {
  Estimate,
  HeuristicComparison,
  Recommendation,
  TimesEvidence,
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
  formatInterval,
  formatLatency,
  formatRate,
  formatShare,
  formatUnderWay,
} from './format.js'
import { requestText } from '../result/request.js'
import type { Host } from '../result/host-key.js'
import { serverBytes } from '../result/memory.js'
import { worksOnSeveralThreads } from '../result/several-threads.js'
import { slowEachOther } from '../result/slowed.js'
import { SAME_RATE } from '../result/undecided.js'
import { undecidedReason, VERDICT_WORDS } from './verdicts.js'
import { missedTarget } from './missed-target.js'
import { ruleName } from './rule-name.js'
import { shownPercentile } from './shown-percentile.js'

// What every rendering of a result says. Sentences are plain text: the medium wraps, escapes and colours.

/** `2 async workers`, `3 threaded workers × 3 threads`; worker connections only when they are not the default. */
export function inWords(configuration: Configuration): string {
  const { workerClass, workers } = configuration
  return `${workers} ${workerClass} ${plural(workers, 'worker')}${eachInWords(configuration)}`
}

/** What a worker has beside its class, as it follows that: ` × 3 threads, 500 connections each, 8 libuv threads each`. */
export function eachInWords({ workerClass, threads, workerConnections, threadPool }: Configuration): string {
  const loops = threads > 1 ? ` × ${threads} threads` : ''
  const holds =
    workerClass === 'async' && workerConnections !== DEFAULT_WORKER_CONNECTIONS
      ? `, ${workerConnections} connections each`
      : ''
  const pool = threadPool === undefined ? '' : `, ${threadPool} libuv threads each`
  return `${loops}${holds}${pool}`
}

/** `2 async workers`, and under another server `pm2 with 2 async workers`; nobody tells the shape of one that runs already. */
export function hostInWords({ server, configuration }: Host): string {
  if (server === 'url') return 'the server as it runs'
  const words = inWords(configuration)
  return server === undefined || server === null ? words : `${server} with ${words}`
}

/** The answer in one line. */
export function headline(document: AnalyzeDocument): string {
  const { recommendation, heuristic, status } = document
  if (recommendation === null)
    return status === 'interrupted' ? 'Partial: no recommendation yet' : 'No recommendation'
  const answer = inWords(recommendation.configuration)
  if (recommendation.action === 'inconclusive') return 'Inconclusive: this run cannot tell what is best'
  const missed = missedTarget(document)
  if (missed !== null) return `${missed} ${answer}`
  const isRule =
    heuristic !== null && sameConfiguration(heuristic.configuration, recommendation.configuration)
  if (recommendation.action === 'keep') return `Keep ${isRule ? `${ruleName(heuristic)}: ${answer}` : answer}`
  const today = gainOnToday(document)
  if (today !== null) return `Use ${answer}: ${today}`
  return `Use ${answer}${heuristic === null || isRule ? '' : `: ${gain(heuristic)}`}`
}

/** Of a `keep`: where a rate is enough, others may well carry more. */
export function keptBecause({ findings }: AnalyzeDocument): string {
  const isCarried = findings.some(({ id, level }) => id === 'TUNE-LIMIT-RATE' && level === 'ok')
  return isCarried
    ? 'nothing that was measured and carries the rate is cheaper'
    : 'nothing that was measured is better'
}

/** What a change brings whoever runs something already; `null` where that is not certain. */
function gainOnToday({ plan, recommendation, candidates, heuristic }: AnalyzeDocument): string | null {
  const today = plan.question?.current?.configuration
  if (today === undefined || recommendation === null) return null
  const raced = candidates.find(({ configuration }) => sameConfiguration(configuration, today))
  // Effects of candidates are against the answer.
  if (raced?.outcome !== 'worse' || raced.effect === null) return null
  const ratio = 1 / raced.effect.ratio
  const measure = heuristic?.measure ?? 'throughput'
  return ratio >= 3
    ? `${formatChange(ratio)} the ${measure} of today's ${inWords(today)}`
    : `${formatChange(ratio)} ${measure} compared with today's ${inWords(today)}`
}

function gain({ verdict, effect, configuration, measure = 'throughput' }: HeuristicComparison): string {
  const rule = `2N+1 (${inWords(configuration)})`
  if (verdict === 'better' && effect === null) return `${rule} does not keep the objective`
  if (effect === null || verdict === 'inconclusive') return `the difference to ${rule} is not certain`
  if (verdict === 'equivalent') return `as fast as ${rule}`
  return effect.ratio >= 3
    ? `${formatChange(effect.ratio)} the ${measure} of ${rule}`
    : `${formatChange(effect.ratio)} ${measure} compared with ${rule}`
}

/** `1,930 req/s (95 % interval 1,880–1,975), p50 31.8 ms, p99 41.2 ms, 171 MiB at 64 client connections`. */
export function expectation(document: AnalyzeDocument): string {
  const { recommendation } = document
  if (recommendation === null) return 'not measured'
  const { expected, connections } = recommendation
  const { throughputRps: rate, latencyUs, openLoad = false } = expected
  const bytes = serverBytes(expected)
  const parts: string[] = []
  if (rate !== null) {
    if (openLoad && rate.value === 0)
      return rate.high === null
        ? 'the target is beyond what it can carry'
        : 'the objective is kept at no rate that was tried'
    const range = rangeOf(rate, openLoad)
    parts.push(`${formatRate(rate.value)} req/s${range === '' ? '' : ` (${range})`}`)
  }
  const shown = shownPercentile(document)
  if (latencyUs[shown] !== null) parts.push(`${shown} ${formatLatency(latencyUs[shown])}`)
  if (latencyUs.p99 !== null) parts.push(`p99 ${formatLatency(latencyUs.p99)}`)
  if (bytes !== null) parts.push(formatBytes(bytes))
  if (parts.length === 0) return 'not measured'
  const load = openLoad ? 'by open load' : `at ${connections} client connections`
  return `${parts.join(', ')} ${load}${expectedFrom(document, recommendation)}`
}

/** Is there anything that `expectation` can show? */
function hasFigures(expected: Recommendation['expected']): boolean {
  const { throughputRps, latencyUs } = expected
  return [throughputRps, latencyUs.p50, latencyUs.p99, serverBytes(expected)].some((one) => one !== null)
}

/** How exactly a rate is known: an interval over blocks, or where a search by open load stopped. Empty where nobody tells. */
export function rangeOf({ value, low, high }: Estimate, openLoad: boolean): string {
  if (openLoad && value === 0) return ''
  if (openLoad && high === null) return 'kept; how much more is not known'
  if (high === null || low === null) return ''
  if (!openLoad) return `95 % interval ${formatInterval(low, high)}`
  return high > value ? `kept; ${formatRate(high)} was not` : ''
}

/** The race beside a confirmation, so that two rates of one configuration in one report do not look like a mistake. */
function expectedFrom(
  { candidates, confirmation, plan }: AnalyzeDocument,
  { configuration, expected: { throughputRps, openLoad } }: Recommendation,
): string {
  const raced = candidates.find((one) => sameConfiguration(one.configuration, configuration))?.throughputRps
  if (raced == null || throughputRps === null) return ''
  const beside = plan.apart === undefined ? ', beside all other servers,' : ''
  const race = `the race${beside} had ${formatRate(raced.value)} req/s`
  if (openLoad === true) return `; ${race} by closed load`
  if ((confirmation?.blocks ?? 0) === 0) return ''
  const same = formatRate(raced.value) === formatRate(throughputRps.value)
  return `, from the confirmation${same ? '' : `; ${race}`}`
}

/** What the figures of the table of candidates are of, where a confirmation has others of the same; `null` where there is nothing to say. */
export function figuresFrom({ confirmation, plan }: AnalyzeDocument): string | null {
  if (confirmation === undefined || confirmation.effects.length === 0) return null
  const race = plan.apart === undefined ? 'all servers are up' : 'each server is started for its trial alone'
  return `Rates, latencies and memory are of the race, in which ${race}; changes of what was confirmed are of the confirmation.`
}

/** How far the expectation can be trusted. What was not measured has no grade. */
export function evidence({ expected, confidence }: Recommendation): string {
  if (!hasFigures(expected)) return `${confidence} confidence`
  return `${expected.evidence}, ${confidence} confidence`
}

/** What the explanation of the rule is called: nobody asks why not where the rule is the answer. */
export function ruleLabel({ heuristic, recommendation }: AnalyzeDocument): string {
  const isAnswer =
    heuristic !== null &&
    recommendation !== null &&
    recommendation.action !== 'inconclusive' &&
    sameConfiguration(heuristic.configuration, recommendation.configuration)
  return isAnswer ? 'About 2N+1' : 'Why not 2N+1'
}

/** `better: 13.4 times the throughput of 5 sync workers (95 % interval 13.1 to 13.7 times, 8 blocks)`. */
export function againstRule({ heuristic, recommendation, noise }: AnalyzeDocument): string {
  if (heuristic === null) return 'not compared'
  const recommended = recommendation?.configuration ?? null
  const rule = inWords(heuristic.configuration)
  if (recommended !== null && sameConfiguration(heuristic.configuration, recommended))
    return `the same: ${ruleName(heuristic, ',')} is ${rule}`
  const { effect, verdict, measure = 'throughput' } = heuristic
  const words = verdict === 'inconclusive' ? VERDICT_WORDS[verdict] : verdict
  if (effect === null) {
    return verdict === 'better'
      ? `better: ${rule} does not keep the objective`
      : `${words}: not compared with ${rule}`
  }
  const interval = formatChangeInterval(effect)
  const blocks = `${effect.blocks} ${plural(effect.blocks, 'block')}`
  const searched = recommendation?.expected.openLoad === true
  const within =
    interval === ''
      ? 'how much more one of the two would carry is not known'
      : `between ${interval.replace(' to ', ' and ')}, as far as the searches tell`
  const basis = searched ? within : interval === '' ? blocks : `95 % interval ${interval}, ${blocks}`
  const change = formatChange(effect.ratio)
  const amount = effect.ratio >= 3 ? `${change} the ${measure} of` : `${change} ${measure} compared with`
  const [low, high] = [effect.low ?? 0, effect.high ?? Infinity]
  const isNear = (low > 1 && low <= SAME_RATE) || (high < 1 && high >= 1 / SAME_RATE)
  const alike = verdict === 'inconclusive' && isNear ? 'rates less than 10 % apart are not told apart' : ''
  const reason = searched ? alike : undecidedReason(verdict, effect, noise)
  return `${words}: ${amount} ${rule} (${basis})${reason === '' ? '' : `; ${reason}`}`
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

const TIMES = [
  { key: 'cpuMsPerRequest', letter: 'C', name: 'CPU' },
  { key: 'loopMsPerRequest', letter: 'E', name: 'loop busy' },
  { key: 'waitMsPerRequest', letter: 'W', name: 'waiting' },
  { key: 'residenceMsPerRequest', letter: 'R', name: 'response' },
] as const

/** `measured; W modelled`; empty in results of older versions. */
export function timesGrade(evidence: TimesEvidence | undefined, by: 'letter' | 'name' = 'letter'): string {
  if (evidence === undefined) return ''
  const modelled = TIMES.filter(({ key }) => evidence[key] === 'modelled').map((time) => time[by])
  return modelled.length === 0 ? 'measured' : `measured; ${modelled.join(' and ')} modelled`
}

/** ` (modelled)`; empty where there is none. */
export function inBrackets(grade = ''): string {
  return grade === '' ? '' : ` (${grade})`
}

/** C, E, W and R per request, in the order of the model: code that is warm and batched costs less than that of a request alone. */
export function workloadTimes(workload: Workload): string {
  const ms = (value: number): string => formatLatency(value * 1000)
  const times = [
    `C ${ms(workload.cpuMsPerRequest)} CPU`,
    `E ${ms(workload.loopMsPerRequest)} event loop busy`,
    `W ${ms(workload.waitMsPerRequest)} waiting`,
    `R ${ms(workload.residenceMsPerRequest)} response, per request`,
  ].join(', ')
  const where = workload.limitedBy === 'unknown' ? '' : `; ${measuredWhere(workload)}`
  return `${times}${inBrackets(timesGrade(workload.evidence))}${where}`
}

/** Without a usable overload all four are of a request alone. A loop that is busy for no longer than the CPU is so under load as well. */
function measuredWhere({ cpuMsPerRequest, loopMsPerRequest }: Workload): string {
  return loopMsPerRequest === cpuMsPerRequest
    ? 'C and E under load, W and R of a request alone'
    : 'C under load, the others of a request alone'
}

/** Shares at one connection and the knee. */
export function workloadShares(workload: Workload): string {
  const { cpuShare, loopShare, kneeConcurrency, evidence } = workload
  const threads = worksOnSeveralThreads(cpuShare) ? ', as it works on several threads,' : ''
  const shares = `CPU ${formatShare(cpuShare)}${threads} and event loop ${formatShare(loopShare)} of the response time of a request alone${inBrackets(evidence?.loopMsPerRequest)}`
  if (kneeConcurrency === null) return shares
  const [knee, grade] = [formatUnderWay(kneeConcurrency), inBrackets(evidence?.kneeConcurrency)]
  return workload.class === 'downstream'
    ? `${shares}; ${knee} would fill the CPUs${grade}, but ${proceeding(workload)}`
    : `${shares}; knee at ${knee}${grade}, beyond which only the queue grows`
}

function proceeding(workload: Workload): string {
  const { downstreamConcurrency: atATime } = workload
  if (atATime === undefined) return 'fewer proceed at a time'
  if (slowEachOther(workload)) return 'they slow each other down before'
  const count = Number(atATime.toPrecision(2))
  return `of one worker only about ${count} ${count === 1 ? 'proceeds' : 'proceed'} at a time`
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
