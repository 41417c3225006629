import type { LoopHolds } from './load-board.js'
import type { WorkerFigures } from './protocol.js'

/** What takes a slot, see `Admission`. */
export type SlotsOf = 'requests' | 'connections'

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
  return {
    ...figures,
    ...seenOf(held, slotsOf),
    loops: figures.loops.map((loop, index) => ({
      ...loop,
      ...seenOf(held.slice(index, index + 1), slotsOf),
    })),
  }
}

/** A loop that leaves takes itself off the board, whoever told it to: then its own word is all there is. */
function seenOf(
  held: readonly LoopHolds[],
  slotsOf: SlotsOf,
): { requestsUnderWay: number; busySlots?: number } {
  const requestsUnderWay = sum(held.map((one) => one.requestsUnderWay))
  if (slotsOf === 'requests') return { requestsUnderWay, busySlots: requestsUnderWay }
  const connections = held.flatMap((one) => (one.connections === null ? [] : [one.connections]))
  return { requestsUnderWay, ...(connections.length < held.length ? {} : { busySlots: sum(connections) }) }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
