import { capacityOf, type Configuration } from '../result/configuration.js'
import type { Trial } from '../result/trial.js'
import { findFalling } from './falling.js'
import { findLeak, type Leak } from './leak.js'
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
  reopened: Reopened | null
  failing: Failing | null
  /** Throughput of the sweep that falls with more connections. */
  falling: ReturnType<typeof findFalling>
  /** Slots in use, by configuration and load. */
  slots: SlotUse[]
}

/** Where an app that answers one client well starts to fail: the gentlest load at which it did. */
export interface Failing {
  connections: number
  configuration: Configuration
  /** Of the requests. */
  share: number
  /** Statuses other than 2xx, or the ids of what else went wrong. */
  how: string[]
}

/** Connections that clients with keep-alive had to open again, because the app or the server had closed theirs. */
export interface Reopened {
  /** Beyond one for each client, per answer. */
  share: number
  connects: number
  clients: number
  answers: number
}

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
    reopened: findReopened(trials),
    failing: findFailing(trials),
    falling: findFalling(trials),
    slots: slotUses(trials, effectiveCpus),
  }
}

/** Ids of reasons that are failures of the app. */
export const FAILURES: ReadonlySet<string> = new Set([
  'non-2xx',
  'unexpected-answers',
  'errors',
  'timeouts',
  'lost',
])

/** `null` where nothing failed, and where the app fails one client already: then load has no part in it. */
function findFailing(trials: readonly Trial[]): Failing | null {
  const failed = trials
    .filter(({ validity }) => validity.reasons.some(({ id }) => FAILURES.has(id)))
    .sort((a, b) => a.load.connections - b.load.connections)
  const [gentlest] = failed
  if (gentlest === undefined || gentlest.load.connections === 1) return null
  const { requests, statusCounts, validity, load, configuration } = gentlest
  const codes = Object.keys(statusCounts).filter((code) => !/^2\d\d$/.test(code))
  const others = validity.reasons.map(({ id }) => id).filter((id) => FAILURES.has(id) && id !== 'non-2xx')
  const bad = requests.non2xx + (requests.unexpected ?? 0) + requests.errors + requests.lost
  return {
    ...{ connections: load.connections, configuration },
    share: requests.sent === 0 ? 0 : Math.min(1, bad / requests.sent),
    how: [...codes, ...others],
  }
}

/**
 * Over the believed trials of servers that had room for all clients; `null` without any. A sync worker closes by design, and a full
 * threaded or async one does, so that those in the backlog get their turn.
 */
function findReopened(trials: readonly Trial[]): Reopened | null {
  const kept = trials.filter(
    ({ block, validity, configuration, load }) =>
      block !== null &&
      validity.ok &&
      configuration.workerClass !== 'sync' &&
      load.connections <= capacityOf(configuration),
  )
  const answers = sum(kept.map((trial) => trial.answers ?? trial.requests.done))
  if (answers === 0) return null
  const connects = sum(kept.map((trial) => trial.connects))
  const clients = sum(kept.map((trial) => trial.load.connections))
  return { share: Math.max(0, connects - clients) / answers, connects, clients, answers }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
