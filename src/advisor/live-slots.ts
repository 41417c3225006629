import type { Configuration } from '../result/configuration.js'
import type { LiveTraffic } from '../result/live-document.js'
import { FULL } from './live-limits.js'

/** Slots are taken a little longer than loops are busy, as until an answer is sent. */
const LITTLE = 0.1
/** Where both are low, a multiple tells more than points do. */
const MULTIPLE = 2
/** Standard errors that chance seldom exceeds. */
const BEYOND_CHANCE = 2

/**
 * Do slots count as full for another reason than that loops compute? A request that computes takes its slot for as long as it keeps its
 * loop busy. How busy loops are is known to the millisecond, and of slots only what a few instants show: two that are taken for 78 % of the
 * time seem to be for 80 % in two of five windows of eleven readings.
 */
export function areSlotsBesideLoops(
  { workerClass }: Configuration,
  { loopUtilization: { mean }, slotUtilization, readings }: LiveTraffic,
  loops: number,
): boolean {
  // Those of connections say nothing of loops.
  if (workerClass === 'async') return slotUtilization >= FULL
  const chance = BEYOND_CHANCE * Math.sqrt((mean * (1 - mean)) / (readings * loops))
  const isMultiple = slotUtilization > MULTIPLE * mean
  return isMultiple || slotUtilization - mean > Math.max(LITTLE, chance)
}
