import type { Workload, WorkloadClass } from '../result/analysis.js'
import { DEFAULT_THREAD_POOL } from '../result/configuration.js'
import { slowEachOther } from '../result/slowed.js'
import type { Trial } from '../result/trial.js'
import { withoutBackground, type Background } from './background.js'
import { measureDemand, type Demand } from './demand.js'
import { kneeConcurrency } from './model.js'
import { heldMs, readSaturation, type Saturation } from './saturation.js'
import { milliseconds, number, percent, shareOfResponse } from './wording.js'

/** Cut-offs of u = C/R and e = E/R, calibrated on the bundled workloads (docs/statistics.md). */
const BUSY = 0.7
const HALF = 0.5
const IDLE = 0.2
/** Closer to a cut-off than this, a repetition might fall on its other side. */
const NEAR = 0.05
const FEW_REQUESTS = 30
/** From this share of R on, what else runs here is worth a sentence. */
const CROWDED = 0.2
/** From this share on hardly anything is left to tell the nature of the work by. */
const MOSTLY_QUEUED = 0.5
/** From this share of R on, transport hides whether the rest was waiting. */
const TRANSPORT_DOMINATES = 0.25
/** X * R1 takes the response time of a lone request for that under load, so this far from a pool's size it may be that size. */
const ABOUT = 0.25

/** What is known beside the two trials. */
export interface Circumstances {
  /** Threads of libuv's pool in the worker. */
  threadPool?: number | undefined
  /** A heavier overload, which may not be believed. */
  spoiled?: Trial | null
  background?: Background | null
}

/**
 * The nature of the work, from one connection (`probe`) and from overload (`saturation`), both against one async
 * worker: CPU and event-loop share tell computing from waiting, and waiting from blocking; what ran out first at
 * saturation confirms it, contradicts it, or shows a limit outside of the app. `null` when the probe cannot tell.
 *
 * Without what the worker does in the background, as far as that is known.
 */
export function classify(
  probe: Trial,
  saturation: Trial | null,
  effectiveCpus: number,
  { threadPool = DEFAULT_THREAD_POOL, spoiled = null, background = null }: Circumstances = {},
): Workload | null {
  const nature = natureOf(withoutBackground(probe, background), saturation, effectiveCpus)
  if (nature === null) return null
  const { demand, load, workloadClass } = nature
  const doubts = doubtsAbout(nature, probe, saturation, { spoiled, background })
  const cpuMs = load?.cpuMs ?? demand.cpuMs
  const poolThreads = isPoolLimit(demand, load, threadPool) ? threadPool : null
  return {
    class: workloadClass,
    confidence: doubts.some(({ serious }) => serious) ? 'low' : doubts.length > 0 ? 'medium' : 'high',
    doubts: doubts.map(({ why, raise }) => ({ why, raise })),
    cpuMsPerRequest: cpuMs,
    loopMsPerRequest: heldMs(demand, load?.cpuMs ?? null),
    residenceMsPerRequest: demand.residenceMs,
    waitMsPerRequest: demand.waitMs,
    cpuShare: demand.cpuShare,
    loopShare: demand.loopShare,
    kneeConcurrency: kneeConcurrency(effectiveCpus, cpuMs, demand.waitMs),
    evidence: {
      cpuMsPerRequest: 'measured',
      // Without figures of its loops a server only lets infer how long a request holds its worker.
      loopMsPerRequest: demand.loopSeen ? 'measured' : 'modelled',
      waitMsPerRequest: 'modelled',
      residenceMsPerRequest: 'measured',
      kneeConcurrency: 'modelled',
    },
    limitedBy: load?.limitedBy ?? 'unknown',
    ...(load?.limitedBy === 'downstream' && load.effectiveConcurrency > 0
      ? { downstreamConcurrency: load.effectiveConcurrency }
      : {}),
    ...(poolThreads === null ? {} : { poolThreads }),
    reasons: [
      sharesSentence(workloadClass, demand),
      ...(load === null || saturation === null
        ? []
        : [loadSentence(load, poolThreads, saturation.load.connections)]),
      ...doubts.map(({ why }) => why),
    ],
  }
}

/** What a probe and an overload show together. */
interface Nature {
  demand: Demand
  load: Saturation | null
  hidden: boolean
  workloadClass: WorkloadClass
  /** The share of the response time that was taken for a wait for a core, and was none of these requests. */
  disbelievedShare?: number
}

/**
 * Threads that have nothing to do with a request wait for cores as well: on a machine that neighbours filled, those of an app that only sets a timer of
 * 50 ms waited for 51 ms a request, which left no wait at all. Where so much is queueing and the overload contradicts what is left, the
 * same without it is believed, if the overload agrees with that.
 */
function natureOf(probe: Trial, saturation: Trial | null, effectiveCpus: number): Nature | null {
  const read = natureAsRead(probe, saturation, effectiveCpus)
  if (read === null || probe.server === null) return read
  const queuedShare = read.demand.queuedMs / read.demand.residenceMs
  if (queuedShare < MOSTLY_QUEUED || !contradicts(read)) return read
  const server = { ...probe.server, runQueueSecondsPerRequest: null }
  const without = natureAsRead({ ...probe, server }, saturation, effectiveCpus)
  return without === null || contradicts(without) ? read : { ...without, disbelievedShare: queuedShare }
}

function natureAsRead(probe: Trial, saturation: Trial | null, effectiveCpus: number): Nature | null {
  const demand = measureDemand(probe, effectiveCpus, saturation)
  if (demand === null) return null
  const load = saturation === null ? null : readSaturation(saturation, demand, effectiveCpus)
  const hidden = demand.transportMs >= TRANSPORT_DOMINATES * demand.residenceMs
  return { demand, load, hidden, workloadClass: refine(byShares(demand), demand, load, hidden) }
}

/** What ran out first under overload is not what such work runs out of. */
function contradicts({ workloadClass, load }: Nature): boolean {
  return (
    load !== null && load.limitedBy !== 'generator' && !CONSISTENT[workloadClass].includes(load.limitedBy)
  )
}

function byShares({ cpuShare: u, loopShare: e }: Demand): WorkloadClass {
  if (u >= BUSY && e >= BUSY) return 'cpu'
  if (e >= BUSY && u <= HALF) return 'blocking-io'
  if (u >= BUSY && e <= HALF) return 'offloop-cpu'
  if (u <= IDLE && e <= IDLE) return 'async-io'
  return 'mixed'
}

function refine(
  first: WorkloadClass,
  demand: Demand,
  load: Saturation | null,
  hidden: boolean,
): WorkloadClass {
  if (load === null) return first
  if (load.limitedBy === 'downstream' && (first === 'async-io' || first === 'mixed')) return 'downstream'
  // A handler of a fraction of a millisecond: the shares at one connection are mostly transport. Under load the
  // loop is full, and full of computing.
  const computing = demand.loopMs > 0 && demand.cpuMs / demand.loopMs >= BUSY
  const full = load.limitedBy === 'cpu' || load.limitedBy === 'event-loop'
  return first === 'mixed' && hidden && full && computing ? 'cpu' : first
}

/** Only Node's servers have libuv's pool, and they alone tell their event loops. */
function isPoolLimit({ loopSeen }: Demand, load: Saturation | null, threadPool: number): boolean {
  if (!loopSeen || load?.limitedBy !== 'downstream') return false
  return Math.abs(load.effectiveConcurrency / threadPool - 1) <= ABOUT
}

const UNSEEN =
  'This server tells nothing of its event loops: how long a request holds its worker is inferred from what one worker carries under overload, so blocking and a limit of one at a time behind the app look alike.'

interface Doubt {
  why: string
  /** What would take the doubt away. */
  raise: string
  serious: boolean
}

/** What must have run out first at saturation, if the class is right. */
const CONSISTENT: Record<WorkloadClass, readonly Workload['limitedBy'][]> = {
  cpu: ['cpu', 'event-loop'],
  'blocking-io': ['event-loop'],
  'offloop-cpu': ['cpu', 'thread-pool'],
  'async-io': ['cpu', 'event-loop', 'nothing'],
  mixed: ['cpu', 'event-loop', 'nothing'],
  downstream: ['downstream'],
}

/** The doubt that every class has without an overload. */
export const UNCONFIRMED = 'There is no usable trial under overload to confirm it.'
const LONGER = 'a longer probe, of more requests'
const QUIETER = 'a quieter machine'

/** The serious ones first. */
function doubtsAbout(
  nature: Nature,
  probe: Trial,
  saturation: Trial | null,
  { spoiled = null, background = null }: Circumstances,
): Doubt[] {
  const { workloadClass, demand, load, hidden, disbelievedShare } = nature
  const doubts: Doubt[] = []
  const doubt = (why: string, raise: string, serious = false): void => {
    doubts.push({ why, raise, serious })
  }
  if (!probe.validity.ok) {
    const ids = probe.validity.reasons.map(({ id }) => id).join(', ')
    doubt(`The probe with one connection is not valid (${ids}).`, LONGER, true)
  }
  if (load === null) {
    const ids = (saturation?.validity.reasons ?? []).map(({ id }) => id).join(', ')
    const why =
      ids === ''
        ? UNCONFIRMED
        : `The trial under overload may not be believed (${ids}), so nothing confirms it.`
    doubt(why, 'a usable trial under overload')
  } else if (load.limitedBy === 'generator') {
    doubt(
      'Under overload the load generator was the limit, so the app was not.',
      'a load generator with more CPU: --generators, or a machine of its own',
    )
  } else if (contradicts(nature)) {
    doubt(
      `The two disagree: ${workloadClass} work should run out of ${CONSISTENT[workloadClass].join(' or ')} first.`,
      `${QUIETER}, and a longer probe`,
      true,
    )
  }
  if (spoiled !== null && load?.limitedBy === 'nothing') {
    const ids = spoiled.validity.reasons.map(({ id }) => id).join(', ')
    doubt(
      `The trial with ${spoiled.load.connections} clients may not be believed (${ids}), and fewer did not bring the app to its limit.`,
      'a usable trial under overload',
    )
  }
  if (background !== null) {
    doubt(
      `A worker uses ${number(background.cores)} cores while nobody asks it anything; that was taken off the CPU of a request alone.`,
      'a run without the background work of the app',
    )
  }
  if (!demand.loopSeen) doubt(UNSEEN, 'a server that tells its event loops, as tune serve does')
  if (demand.queuedMs >= CROWDED * demand.residenceMs) {
    const share = percent(demand.queuedMs / demand.residenceMs)
    doubt(`For ${share} of the response time other processes had the cores; that part was left out.`, QUIETER)
  }
  if (disbelievedShare !== undefined) {
    const share = percent(disbelievedShare)
    doubt(
      `Threads of the app waited for a core for ${share} of the response time, and the overload contradicts that these requests did: that part was not left out.`,
      QUIETER,
      true,
    )
  }
  if (probe.requests.done < FEW_REQUESTS) {
    doubt(`Only ${probe.requests.done} requests at one connection; a longer probe would tell more.`, LONGER)
  }
  if (workloadClass !== 'downstream' && nearCutOff(demand)) {
    doubt('A share lies close to a cut-off, so another run may name the neighbouring class.', LONGER)
  }
  if (hidden) {
    doubt(
      `About ${percent(demand.transportMs / demand.residenceMs)} of the response time is network and generator, which hides short waits.`,
      'a request that costs the app more',
    )
  }
  return doubts.sort((a, b) => Number(b.serious) - Number(a.serious))
}

function nearCutOff({ cpuShare, loopShare }: Demand): boolean {
  return [cpuShare, loopShare].some((share) =>
    [BUSY, HALF, IDLE].some((cutOff) => Math.abs(share - cutOff) < NEAR),
  )
}

const NATURE: Record<WorkloadClass, string> = {
  cpu: 'it computes on the event loop',
  'blocking-io': 'it waits, and blocks the event loop while it does',
  'offloop-cpu': 'it computes outside of the event loop',
  'async-io': 'it mostly waits, and leaves the event loop free',
  mixed: 'it both computes and waits',
  downstream: 'something outside of it limits how many requests proceed at a time',
}

function sharesSentence(workloadClass: WorkloadClass, demand: Demand): string {
  return (
    `A request alone takes ${milliseconds(demand.residenceMs)}: CPU ${milliseconds(demand.cpuMs)} ` +
    `(${shareOfResponse(demand.cpuShare)}), ${demand.loopSeen ? 'event loop busy' : 'worker held, as inferred,'} ${milliseconds(demand.loopMs)} ` +
    `(${percent(demand.loopShare)}): ${NATURE[workloadClass]}.`
  )
}

function loadSentence(load: Saturation, poolThreads: number | null, clients: number): string {
  const figures = `CPU ${percent(load.cpuUtilization)}, event loop ${percent(load.loopUtilization)}`
  if (load.limitedBy === 'nothing')
    return `With ${clients} clients nothing ran out in one worker (${figures}).`
  if (load.limitedBy === 'downstream') {
    if (slowEachOther({ downstreamConcurrency: load.effectiveConcurrency })) {
      return (
        `Under overload requests took longer while both had room (${figures}): all together do as much as ${number(load.effectiveConcurrency)} alone, ` +
        'which is less than any pool lets through, so they slow each other down.'
      )
    }
    return (
      `Under overload requests queued while both had room (${figures}): ` +
      `about ${number(load.effectiveConcurrency)} at a time proceed, ` +
      (poolThreads === null
        ? 'probably the size of a pool behind the app.'
        : `either because of a pool behind the app, or because libuv's pool, in which files and DNS look-ups wait, has ${poolThreads} threads.`)
    )
  }
  const what = {
    cpu: 'CPU',
    'event-loop': 'event loop',
    'thread-pool': "threads or processes outside of the event loop (libuv's pool, worker threads, ...)",
    generator: 'load generator',
  }
  return `Under overload the ${what[load.limitedBy]} ran out first in one worker (${figures}).`
}
