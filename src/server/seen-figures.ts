import type { LoopHolds } from './load-board.js'
import type { WorkerFigures } from './protocol.js'

/** What takes a slot, as far as it is seen from outside. */
export type SlotsOf = 'requests' | 'connections' | 'unseen'

/**
 * What a worker tells of itself, with what is seen of its loops from outside.
 *
 * @param held by event loop; `null` where memory cannot be shared, and the worker's word has to do
 */
export function asSeen(
  figures: WorkerFigures,
  held: readonly LoopHolds[] | null,
  slotsOf: SlotsOf,
): WorkerFigures {
  if (held === null) return figures
  const slots = (all: readonly LoopHolds[]): { busySlots?: number } => {
    if (slotsOf === 'unseen') return {}
    return { busySlots: total(all, slotsOf === 'requests' ? 'requestsUnderWay' : 'connections') }
  }
  return {
    ...figures,
    ...{ requestsUnderWay: total(held, 'requestsUnderWay'), ...slots(held) },
    loops: figures.loops.map((loop, index) => {
      const own = held.slice(index, index + 1)
      return { ...loop, requestsUnderWay: total(own, 'requestsUnderWay'), ...slots(own) }
    }),
  }
}

function total(held: readonly LoopHolds[], key: keyof LoopHolds): number {
  return held.reduce((sum, one) => sum + one[key], 0)
}
