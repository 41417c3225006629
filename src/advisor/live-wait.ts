import type { LiveTraffic } from '../result/live-document.js'
import { number, percent } from './wording.js'

/** From here on waiting is what requests mostly do. */
const MOSTLY = 0.5
/** In all readings together. Of a worker that only computes for a tenth of the time, three of eleven instants may show a request. */
const FEWEST_SEEN = 10

/**
 * Requests that wait while loops, CPUs and slots have room wait for something that no counter of the server sees: a database, a lock, a
 * pool of connections. Whether that has room, and whether workers share it or have one each, is not known.
 */
export interface UnseenWait {
  /** Of the time that requests are under way: what neither the event loops were busy with them, nor a CPU. */
  share: number
  /** Otherwise it may be time on a CPU outside of the event loops, as in libuv's pool. */
  isWait: boolean
  /** Otherwise a handful of instants showed a request, which is reason for caution and no figure. */
  isSure: boolean
  /** Requests under way, in the mean of the readings. */
  underWay: number
}

/** `null` where requests do not mostly wait. */
export function unseenWait({
  requestsUnderWay: underWay,
  throughputRps,
  loopMsPerRequest,
  cpuCores,
  readings,
}: LiveTraffic): UnseenWait | null {
  const busyLoops = (throughputRps * (loopMsPerRequest ?? 0)) / 1000
  const busy = Math.max(busyLoops, cpuCores ?? 0)
  const share = underWay === 0 ? 0 : 1 - busy / underWay
  if (share < MOSTLY) return null
  return { share, underWay, isWait: cpuCores !== null, isSure: underWay * readings >= FEWEST_SEEN }
}

/** "40 requests were under way on average, 4 for each worker, and waited for 99 % of the time". */
export function waitWords({ share, underWay, isWait }: UnseenWait, workers: number): string {
  const count = number(underWay)
  const requests = count === '1' ? '1 request was' : `${count} requests were`
  const each = workers === 1 ? '' : `, ${number(underWay / workers)} for each worker,`
  const how = isWait
    ? `waited for ${percent(share)} of the time`
    : `spent ${percent(share)} of the time outside of the event loops`
  return `${requests} under way on average${each} and ${how}`
}
