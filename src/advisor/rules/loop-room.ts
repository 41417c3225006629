import { loopsOf } from '../../result/configuration.js'
import { SAFE_UTILIZATION } from '../../result/question.js'
import { loopNeed, type LoopNeed } from '../model.js'
import type { RuleContext } from './context.js'

/** Worker connections of a loop against the requests under way that it has to hold. */
interface LoopRoom extends LoopNeed {
  /** By the sweep, and not by the probe alone. */
  isSeen: boolean
  /** With room for idle keep-alive connections. */
  isEnough: boolean
}

/** `null` where worker connections decide nothing, or what fills a loop is not known. */
export function loopRoomOf({
  workload,
  recommended,
  server,
  targetRps,
  openLoad,
  kneeSeen,
  observed: { falling },
}: RuleContext): LoopRoom | null {
  // Where throughput falls with more connections, those beyond the need do worse than queue: TUNE-CONN-FALLS says so.
  if (falling !== null || recommended.workerClass !== 'async' || !server.hasClasses) return null
  const enoughRps = targetRps === null ? null : targetRps / (openLoad ? 1 : SAFE_UTILIZATION)
  const need = loopNeed(workload, recommended, enoughRps)
  if (need === null) return null
  // A probe knows what a request costs alone; where more of them were seen to be of use, it was wrong.
  const seen = need.isByRate || kneeSeen === null ? 0 : Math.ceil(kneeSeen / loopsOf(recommended))
  const requests = Math.max(need.requests, seen)
  const isEnough = recommended.workerConnections >= 2 * requests
  return { ...need, requests, isSeen: seen > need.requests, isEnough }
}

/** The same as a reason of the answer, after the connections were varied; none where the finding has nothing to say either. */
export function connectionsReasons(context: RuleContext): string[] {
  const room = loopRoomOf(context)
  if (room === null) return []
  const limit = context.recommended.workerConnections
  const fills = room.isByRate
    ? `the target rate keeps ${room.requests} under way in each`
    : `it takes ${room.requests} under way to fill one`
  return [
    room.isEnough
      ? `${limit} worker connections a loop are not the limit: ${fills}.`
      : `${limit} worker connections a loop may be too few: ${fills} (${room.isSeen ? 'measured' : 'modelled'}).`,
  ]
}
