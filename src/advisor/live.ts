import type { Finding } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { LiveTraffic, LiveVerdict } from '../result/live-document.js'
import { wholeCores } from './formulas.js'
import { moreWorkers, type WorkerRoom } from './live-memory.js'
import type { KnownFinding } from './rules/ids.js'
import { number, percent } from './wording.js'

/** Below this many requests in the window the figures are chance. */
const FEWEST_REQUESTS = 20
/** From here on a resource counts as full, and below here as spare: between them is room for bursts. */
const FULL = 0.8
const SPARE = 0.3
/** What is aimed at when a number of workers is derived. */
const AIM = 0.6
/** A loop that is busy for so much longer than it computes is blocked by waiting. */
const BLOCKED = 2
const UNEVEN = 2
/** One client in the backlog at the instant of a reading is chance, and so are two. */
const FEWEST_WAITING_READINGS = 3
/**
 * Of the readings: with requests that come by chance somebody waits at half of all instants where one slot is taken for 70 % of the time, or
 * four for 80 % (M/M/c), which is where slots count as full.
 */
const PERSISTENT = 0.5

export interface LiveAdvice {
  verdict: LiveVerdict
  /** What to run instead; `null` where the present configuration fits, or nothing can be said. */
  suggestion: Configuration | null
  reasons: string[]
  findings: Finding[]
}

/**
 * Does this configuration still fit this traffic? From counters of the running server alone, without any load.
 *
 * @param room `null` where it is not known what a worker takes
 */
export function judgeLive(
  configuration: Configuration,
  traffic: LiveTraffic,
  effectiveCpus: number,
  room: WorkerRoom | null,
): LiveAdvice {
  const findings = findingsOf(traffic)
  const say = (
    verdict: LiveVerdict,
    reason: string,
    suggestion: Configuration | null = null,
  ): LiveAdvice => ({
    ...{ verdict, suggestion, findings },
    reasons: [reason],
  })
  const tooSmall = (reason: string, wanted: number): LiveAdvice => {
    const { suggestion, reasons } = moreWorkers(configuration, wanted, room)
    return { verdict: 'too-small', suggestion, findings, reasons: [reason, ...reasons] }
  }
  const { requests, seconds, cpuCores, loopUtilization, slotUtilization } = traffic
  const queue = queueWords(traffic)
  if (requests < FEWEST_REQUESTS) {
    return say('idle', `Only ${requests} requests came in ${number(seconds)} s: too few to judge by.`)
  }
  const cpu = (cpuCores ?? 0) / effectiveCpus
  const cores = wholeCores(effectiveCpus)
  if (cpu >= FULL) {
    return say(
      'cpu-full',
      `The CPUs are ${percent(cpu)} used: more workers would only take turns. It takes more CPUs, or requests that cost less.`,
    )
  }
  const { workers, threads } = configuration
  const loops = workers * (configuration.workerClass === 'sync' ? 1 : threads)
  const workersFor = (busyLoops: number): number =>
    Math.max(1, Math.ceil(busyLoops / AIM / (loops / workers)))
  if (loopUtilization.highest >= FULL && loopUtilization.mean >= FULL) {
    const computed = (cpuCores ?? 0) / loops
    const blocked = loopUtilization.mean > BLOCKED * computed
    const wanted = Math.max(workers + 1, workersFor(loops * loopUtilization.mean))
    if (!blocked && workers >= cores) {
      return say(
        'cpu-full',
        `Event loops are ${percent(loopUtilization.mean)} busy computing, one for each CPU already: more CPUs, or cheaper requests.`,
      )
    }
    const why = blocked ? 'with waiting that blocks them' : 'while CPUs are free'
    return tooSmall(
      `Event loops are ${percent(loopUtilization.mean)} busy ${why}.`,
      blocked ? wanted : Math.min(wanted, cores),
    )
  }
  if (isWaitPersistent(traffic) || slotUtilization >= FULL) {
    return tooSmall(
      `${percent(slotUtilization)} of the slots were taken${queue}, while event loops are ${percent(loopUtilization.mean)} busy.`,
      Math.max(workers + 1, Math.ceil((workers * slotUtilization) / AIM)),
    )
  }
  const needed = Math.max(
    workersFor(loops * loopUtilization.mean),
    Math.ceil((workers * slotUtilization) / AIM),
  )
  const isSmaller = needed < workers && workers > 1
  if (loopUtilization.highest < SPARE && cpu < SPARE && slotUtilization < SPARE && isSmaller) {
    return say(
      'too-large',
      `Event loops are ${percent(loopUtilization.mean)} busy and CPUs ${percent(cpu)}: ${needed} would carry this traffic, and peaks may need the rest.`,
      { ...configuration, workers: needed },
    )
  }
  return say(
    'fits',
    `CPUs ${percent(cpu)}, event loops ${percent(loopUtilization.mean)} busy, ${percent(slotUtilization)} of the slots taken${queue}: room for bursts, and not much to save.`,
  )
}

function isWaitPersistent({ waitingReadings, readings }: LiveTraffic): boolean {
  return waitingReadings >= FEWEST_WAITING_READINGS && waitingReadings > PERSISTENT * readings
}

function queueWords({ waiting, waitingReadings, readings }: LiveTraffic): string {
  if (waitingReadings === 0) return ''
  return `, and ${number(waiting)} clients waited in the backlog on average (seen in ${waitingReadings} of ${readings} readings)`
}

function findingsOf({ restarts, imbalance, timedOut, requests }: LiveTraffic): Finding[] {
  const graded = { level: 'warn', evidence: 'measured' } as const
  const findings: (KnownFinding | null)[] = [
    restarts === 0
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-RESTARTS',
          title: 'Workers died',
          observed: `${restarts} in the window`,
          rule: 'none',
          advice: 'Read the log of the server.',
        },
    timedOut === 0
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-TIMEOUTS',
          title: 'Requests ran into the request timeout',
          observed: `${timedOut} of ${requests}`,
          rule: 'none',
          advice: 'Find what these requests wait for, or raise --request-timeout.',
        },
    imbalance === null || imbalance < UNEVEN
      ? null
      : {
          ...graded,
          id: 'TUNE-LIVE-UNEVEN',
          title: 'Workers are unevenly loaded',
          observed: `the busiest answered ${number(imbalance)} times the mean`,
          rule: `below ${UNEVEN} times`,
          advice:
            'A few long-lived connections stay where they were accepted: let the balancer spread them, or limit --worker-connections.',
        },
  ]
  return findings.filter((finding) => finding !== null)
}
