import type { Finding } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { LiveTraffic, LiveVerdict } from '../result/live-document.js'
import { wholeCores } from './formulas.js'
import { liveFindings } from './live-findings.js'
import { AIM, FEWEST_REQUESTS, FULL, SPARE } from './live-limits.js'
import { moreWorkers, type WorkerRoom } from './live-memory.js'
import { areSlotsBesideLoops } from './live-slots.js'
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

/** It is not zero. */
const CPU_UNKNOWN = 'How much CPU the workers used is not known, so nothing of this rests on it.'

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
  const findings = liveFindings(traffic, configuration.workers)
  const say = (
    verdict: LiveVerdict,
    reasons: string | string[],
    suggestion: Configuration | null = null,
  ): LiveAdvice => ({ verdict, suggestion, findings, reasons: [reasons].flat() })
  const tooSmall = (why: string[], wanted: number): LiveAdvice => {
    const { suggestion, reasons } = moreWorkers(configuration, wanted, room)
    return { verdict: 'too-small', suggestion, findings, reasons: [...why, ...reasons] }
  }
  const { requests, seconds, cpuCores, loopUtilization, slotUtilization } = traffic
  const queue = queueWords(traffic)
  if (requests < FEWEST_REQUESTS) {
    const came = requests === 0 ? 'No request' : `Only ${counted(requests, 'request')}`
    const held = heldWords(traffic)
    if (held !== null) {
      return say(
        'unknown',
        `${came} ${requests > 1 ? 'were' : 'was'} answered in ${number(seconds)} s while ${held}: workers hang, or their requests take longer than that. tune ctl workers shows who is silent, and the log of the server where.`,
      )
    }
    return say('idle', `${came} came in ${number(seconds)} s: too few to judge by.`)
  }
  const cpu = cpuCores === null ? null : cpuCores / effectiveCpus
  const unknownCpu = cpu === null ? [CPU_UNKNOWN] : []
  const cores = wholeCores(effectiveCpus)
  if (cpu !== null && cpu >= FULL) {
    return say(
      'cpu-full',
      `The CPUs are ${percent(cpu)} used: more workers would only take turns. It takes more CPUs, or requests that cost less.`,
    )
  }
  const { workers, threads } = configuration
  const loopsPerWorker = configuration.workerClass === 'sync' ? 1 : threads
  const loops = workers * loopsPerWorker
  const busyLoops = loops * loopUtilization.mean
  const workersFor = (busy: number): number => Math.max(1, Math.ceil(busy / AIM / loopsPerWorker))
  /** Of loops that waiting does not keep busy: no more than CPUs. */
  const moreLoops = (taken: string, free: string, wanted: number): LiveAdvice => {
    if (loops < cores) {
      return tooSmall([taken + free, ...unknownCpu], Math.min(wanted, Math.ceil(cores / loopsPerWorker)))
    }
    if (cpu === null) {
      const either = 'if they compute, it takes more CPUs, and if waiting blocks them, more workers'
      return say('unknown', [`${taken}, and there is one for each CPU already: ${either}.`, ...unknownCpu])
    }
    // Clients may queue at once where loops are idle for most of the time.
    if (loopUtilization.mean < AIM) {
      return say('fits', `${taken} computing, one for each CPU already: more would only take turns.`)
    }
    if (cpu < AIM) {
      const either =
        'if waiting blocks them, it takes more workers, and if neighbours have the CPUs, more CPUs'
      return say('unknown', `${taken}, for longer than they compute (CPUs ${percent(cpu)}): ${either}.`)
    }
    return say('cpu-full', `${taken} computing, one for each CPU already: more CPUs, or cheaper requests.`)
  }
  const isBlocked = cpuCores !== null && busyLoops > BLOCKED * cpuCores
  if (loopUtilization.highest >= FULL && loopUtilization.mean >= FULL) {
    const busy = `Event loops are ${percent(loopUtilization.mean)} busy`
    const wanted = Math.max(workers + 1, workersFor(busyLoops))
    if (isBlocked) return tooSmall([`${busy} with waiting that blocks them.`], wanted)
    const free = cpu === null ? ', and there are more CPUs than loops.' : ' while CPUs are free.'
    return moreLoops(busy, free, wanted)
  }
  if (isWaitPersistent(traffic) || slotUtilization >= FULL) {
    const taken = `${percent(slotUtilization)} of the slots were taken${queue}, while event loops are ${percent(loopUtilization.mean)} busy`
    const wanted = Math.max(workers + 1, Math.ceil((workers * slotUtilization) / AIM))
    if (isBlocked || areSlotsBesideLoops(configuration, traffic, loops)) {
      return tooSmall([`${taken}.`, ...unknownCpu], wanted)
    }
    return moreLoops(taken, '.', wanted)
  }
  const cpuUse = cpu === null ? '' : `CPUs ${percent(cpu)}, `
  const inUse = `${cpuUse}event loops ${percent(loopUtilization.mean)} busy, ${percent(slotUtilization)} of the slots taken${queue}`
  const wait = unseenWait(traffic)
  const waited = wait === null ? '' : waitWords(wait, workers)
  // Whatever the CPUs do: those that compute keep as many of them busy from fewer workers.
  const isSpare = loopUtilization.mean < SPARE && loopUtilization.highest < FULL && slotUtilization < SPARE
  if (isSpare) {
    const byCounters = Math.max(
      workersFor(busyLoops),
      Math.ceil((workers * slotUtilization) / AIM),
      // What is computed outside of the loops has a pool in each worker, of a size that is not known: one thread at least.
      Math.ceil(((cpuCores ?? 0) - busyLoops) / AIM),
    )
    // Whatever a worker has of its own carries one request at a time at least. Beyond that nothing is known of what they wait for.
    const needed = Math.max(byCounters, wait === null ? 1 : Math.ceil(wait.underWay / AIM))
    const seen = cpu === null ? 'Loops and slots' : 'Loops, CPUs and slots'
    if (needed < workers) {
      const cpus = cpu === null ? '' : ` and CPUs ${percent(cpu)}`
      const why = `Event loops are ${percent(loopUtilization.mean)} busy${cpus}: ${needed} would carry this traffic, and peaks may need the rest.`
      const more = needed === byCounters ? [] : [`${seen} would allow ${byCounters}, but ${waited}. ${OWN}`]
      return say('too-large', [why, ...more, ...unknownCpu], { ...configuration, workers: needed })
    }
    if (byCounters < workers) {
      return say('fits', [
        `${inUse}: by these ${counted(byCounters, 'worker')} would carry this traffic.`,
        `But ${waited}. ${OWN}`,
        ...unknownCpu,
      ])
    }
  }
  const unseen =
    wait?.isSure !== true ? [] : [`${waited}: whether what they wait for has room, no counter shows.`]
  if (loopUtilization.highest >= FULL) {
    const busiest = `${inUse}; the busiest event loop is ${percent(loopUtilization.highest)} busy, which leaves it little room for bursts.`
    return say('fits', [busiest, ...unseen, ...unknownCpu])
  }
  const hasRoom = `${inUse}: room for bursts on all of these, and not much to save.`
  return say('fits', [hasRoom, ...unseen, ...unknownCpu])
}

function isWaitPersistent({ waitingReadings, readings }: LiveTraffic): boolean {
  return waitingReadings >= FEWEST_WAITING_READINGS && waitingReadings > PERSISTENT * readings
}

/** "30 clients waited in the backlog and 2 requests were under way"; `null` where nobody waits for an answer. */
function heldWords(traffic: LiveTraffic): string | null {
  const { waiting, waitingReadings, requestsUnderWay, leastUnderWay, requests } = traffic
  // By Little's law each was under way for the whole window at least. Where some workers answer, those of the others never were less.
  const areHeld = leastUnderWay >= 1 || requestsUnderWay >= Math.max(1, requests)
  const parts = [
    ...(waitingReadings > 1 ? [`${number(waiting)} clients waited in the backlog`] : []),
    ...(areHeld ? [`${number(requestsUnderWay)} requests were under way`] : []),
  ]
  return parts.length === 0 ? null : parts.join(' and ')
}

function queueWords({ waiting, waitingReadings, readings }: LiveTraffic): string {
  if (waitingReadings === 0) return ''
  return `, and ${number(waiting)} clients waited in the backlog on average (seen in ${waitingReadings} of ${readings} readings)`
}
