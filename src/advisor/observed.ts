import type { Trial } from '../result/trial.js'
import { slotUses, type SlotUse } from './slot-use.js'

/** What the trials of a run showed beside throughput and latency. */
export interface Observed {
  /** Part of the scheduling periods in which a CPU quota ran out, in the median trial of the blocks. */
  throttledShare: number | null
  /** Connections that a full listen queue cost, over all trials. */
  listenDrops: number
  /** Longest time that any request took. */
  slowestUs: number | null
  leak: Leak | null
  /** Slots in use, by configuration and load. */
  slots: SlotUse[]
}

/** Memory that grew with the requests that were answered. */
export interface Leak {
  target: string
  bytesPerRequest: number
  requests: number
}

/** Heaps settle in the first trial of a server, and what they grow by then is no leak. */
const SETTLING_TRIALS = 1
const FEWEST_POINTS = 4
/** Below this the growth is within what PSS wobbles by. */
const LEAK_BYTES_PER_REQUEST = 1024
/** Steps that must point upward: garbage that is collected late goes up and down. */
const RISING = 0.8

export function observe(trials: readonly Trial[], effectiveCpus: number): Observed {
  const shares = trials
    .filter(({ block }) => block !== null)
    .map(({ environment }) => environment?.throttledShare ?? null)
    .filter((share) => share !== null)
    .sort((a, b) => a - b)
  const slowest = trials.map(({ latencyUs }) => latencyUs.max ?? 0)
  return {
    throttledShare: shares[Math.floor(shares.length / 2)] ?? null,
    listenDrops: trials.reduce((sum, { environment }) => sum + (environment?.listenDrops ?? 0), 0),
    slowestUs: slowest.length === 0 ? null : Math.max(...slowest),
    leak: findLeak(trials),
    slots: slotUses(trials, effectiveCpus),
  }
}

/** The steepest sure growth among the servers that stayed up. */
function findLeak(trials: readonly Trial[]): Leak | null {
  const servers = new Map<string, Trial[]>()
  for (const trial of trials.filter(({ phase }) => phase === 'race' || phase === 'confirmation')) {
    const server = `${trial.phase} ${trial.target}`
    servers.set(server, [...(servers.get(server) ?? []), trial])
  }
  const leaks = [...servers.values()].map(leakOf).filter((leak) => leak !== null)
  return leaks.sort((a, b) => b.bytesPerRequest - a.bytesPerRequest)[0] ?? null
}

function leakOf(trials: readonly Trial[]): Leak | null {
  let answered = 0
  const points = trials.flatMap(({ server, answers, requests }) => {
    answered += answers ?? requests.done
    return server?.pssBytes == null ? [] : [{ answered, bytes: server.pssBytes }]
  })
  const settled = points.slice(SETTLING_TRIALS)
  const [first, last] = [settled[0], settled.at(-1)]
  if (settled.length < FEWEST_POINTS || first === undefined || last === undefined) return null
  const steps = settled.slice(1).map(({ bytes }, index) => bytes - (settled[index]?.bytes ?? bytes))
  const rising = steps.filter((step) => step > 0).length / steps.length
  const requests = last.answered - first.answered
  const bytesPerRequest = requests === 0 ? 0 : (last.bytes - first.bytes) / requests
  if (rising < RISING || bytesPerRequest < LEAK_BYTES_PER_REQUEST) return null
  return { target: trials[0]?.target ?? '', bytesPerRequest, requests }
}
