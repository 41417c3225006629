import type { Comparison } from './compare.js'

/**
 * An effect at one speed of the machine beside the same as it was measured. The correction makes intervals narrower; by chance it takes an effect out of
 * the interval of what was measured in one of twenty comparisons. More often it is one of the two that slows the machine down itself, by what its
 * processes do to the cores, and what is moved then is its own doing (a run in which all four blocks showed 18 to 50 % more came out as +4 %).
 * Nobody can tell which it is: the effect is the measured one, its interval holds both, and there is a verdict only where both have the same.
 */
export function bothWays(corrected: Comparison, measured: Comparison): Comparison {
  const { low, high } = measured.effect
  const { ratio } = corrected.effect
  if (low === null || high === null || (ratio >= low && ratio <= high)) return corrected
  const isSame = corrected.verdict === measured.verdict
  return {
    ...measured,
    effect: {
      ...measured.effect,
      low: Math.min(low, corrected.effect.low ?? ratio),
      high: Math.max(high, corrected.effect.high ?? ratio),
      asMeasured: true,
    },
    verdict: isSame ? measured.verdict : 'inconclusive',
    // More blocks make both intervals narrower, and bring them no closer.
    blocksToDecide: null,
  }
}
