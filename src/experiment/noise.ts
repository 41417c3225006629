import type { Noise } from '../result/document.js'
import { toEffect } from './compare.js'
import { meanInterval, minimumDetectableEffect } from './statistics.js'

/** Differences below this are not worth a change of configuration, however surely they are measured. */
export const DEFAULT_MARGIN = 0.03

/**
 * What the A/A pair says about the machine. The floor is the bound of its 95 % interval that lies farther from
 * zero: two names for one configuration could differ by that much here. The practical margin is never below it.
 *
 * @param aaLogRatios ln(twin / original), one for each block
 * @param decisiveLogRatios pairs of the comparison that matters most; its spread gives the minimum detectable effect
 */
export function assessNoise(
  aaLogRatios: readonly number[],
  decisiveLogRatios: readonly number[] = aaLogRatios,
  userMargin: number = DEFAULT_MARGIN,
): Noise {
  const decisive = decisiveLogRatios.length === 0 ? null : meanInterval(decisiveLogRatios)
  const spread = decisive?.standardDeviation ?? null
  const detectable =
    decisive === null || spread === null ? null : minimumDetectableEffect(spread, decisive.count)
  if (aaLogRatios.length === 0) {
    return { effect: null, floor: null, minimumDetectableEffect: detectable, margin: userMargin }
  }
  const interval = meanInterval(aaLogRatios)
  const floor =
    interval.low === null || interval.high === null
      ? null
      : Math.expm1(Math.max(Math.abs(interval.low), Math.abs(interval.high)))
  return {
    effect: toEffect(interval),
    floor,
    minimumDetectableEffect: detectable,
    margin: Math.max(userMargin, floor ?? 0),
  }
}
