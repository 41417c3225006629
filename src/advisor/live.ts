import type { Finding } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { LiveTraffic, LiveVerdict } from '../result/live-document.js'
import { wholeCores } from './formulas.js'
import { liveFindings } from './live-findings.js'
import { AIM, FEWEST_REQUESTS, FULL, SPARE } from './live-limits.js'
import { moreWorkers, type WorkerRoom } from './live-memory.js'
import { unseenWait, waitWords } from './live-wait.js'
import { counted, number, percent } from './wording.js'

/** A loop that is busy for so much longer than it computes is blocked by waiting. */
const BLOCKED = 2
/** One client in the backlog at the instant of a reading is chance, and so are two. */
const FEWEST_WAITING_READINGS = 3
/**
 * Of the readings: with requests that come by chance somebody waits at half of all instants where one slot is taken for 70 % of the time, or
 * four for 80 % (M/M/c), which is where slots count as full.
 */
const PERSISTENT = 0.5
/** Why fewer workers are not suggested by idle loops alone: behind a lock in each of ten workers, one carried 89 % less. */
const OWN =
  'If it is for something that each worker has of its own, such as a pool of connections, fewer workers would carry less: tune analyze <app> measures it.'

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
  const findings = liveFindings(traffic)
  const say = (
    verdict: LiveVerdict,
    reasons: string | string[],
    suggestion: Configuration | null = null,
  ): LiveAdvice => ({ verdict, suggestion, findings, reasons: [reasons].flat() })
  const tooSmall = (reason: string, wanted: number): LiveAdvice => {
    const { suggestion, reasons } = moreWorkers(configuration, wanted, room)
    return { verdict: 'too-small', suggestion, findings, reasons: [reason, ...reasons] }
  }
  const { requests, seconds, cpuCores, loopUtilization, slotUtilization } = traffic
  const queue = queueWords(traffic)
  if (requests < FEWEST_REQUESTS) {
    const came = requests === 0 ? 'No request' : `Only ${counted(requests, 'request')}`
    return say('idle', `${came} came in ${number(seconds)} s: too few to judge by.`)
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
  const inUse = `CPUs ${percent(cpu)}, event loops ${percent(loopUtilization.mean)} busy, ${percent(slotUtilization)} of the slots taken${queue}`
  const wait = unseenWait(traffic)
  const waited = wait === null ? '' : waitWords(wait, workers)
  const isSpare = loopUtilization.highest < SPARE && cpu < SPARE && slotUtilization < SPARE
  if (isSpare) {
    const byCounters = Math.max(
      workersFor(loops * loopUtilization.mean),
      Math.ceil((workers * slotUtilization) / AIM),
    )
    // Whatever a worker has of its own carries one request at a time at least. Beyond that nothing is known of what they wait for.
    const needed = Math.max(byCounters, wait === null ? 1 : Math.ceil(wait.underWay / AIM))
    if (needed < workers) {
      const why = `Event loops are ${percent(loopUtilization.mean)} busy and CPUs ${percent(cpu)}: ${needed} would carry this traffic, and peaks may need the rest.`
      const more =
        needed === byCounters
          ? []
          : [`Loops, CPUs and slots would allow ${byCounters}, but ${waited}. ${OWN}`]
      return say('too-large', [why, ...more], { ...configuration, workers: needed })
    }
    if (byCounters < workers) {
      return say('fits', [
        `${inUse}: by these ${counted(byCounters, 'worker')} would carry this traffic.`,
        `But ${waited}. ${OWN}`,
      ])
    }
  }
  const unseen = wait === null ? [] : [`${waited}: whether what they wait for has room, no counter shows.`]
  if (loopUtilization.highest >= FULL) {
    const busiest = `${inUse}; the busiest event loop is ${percent(loopUtilization.highest)} busy, which leaves it little room for bursts.`
    return say('fits', [busiest, ...unseen])
  }
  const hasRoom = `${inUse}: room for bursts on all of these, and not much to save.`
  return say('fits', [hasRoom, ...unseen])
}

function isWaitPersistent({ waitingReadings, readings }: LiveTraffic): boolean {
  return waitingReadings >= FEWEST_WAITING_READINGS && waitingReadings > PERSISTENT * readings
}

function queueWords({ waiting, waitingReadings, readings }: LiveTraffic): string {
  if (waitingReadings === 0) return ''
  return `, and ${number(waiting)} clients waited in the backlog on average (seen in ${waitingReadings} of ${readings} readings)`
}
