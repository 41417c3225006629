import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { NoiseCalibration } from '../result/noise-calibration.js'
import type { Trial } from '../result/trial.js'
import { collectWarnings } from '../result/warnings.js'
import { toEffect } from './compare.js'
import { pairedLogRatios } from './samples.js'
import { blocksNeeded, meanInterval, minimumDetectableEffect } from './statistics.js'

const BUDGETS_SECONDS = [20, 60, 180, 600]
const EFFECTS = [0.01, 0.02, 0.03, 0.05, 0.1]

/**
 * What two identical servers that took turns say about the machine: how far pairs scatter, and from that how small a
 * difference between two configurations can be shown in how much time (statistics.ts).
 */
export function calibrationOf(
  server: readonly Trial[],
  twin: readonly Trial[],
  seconds: number,
  secondsPerPair: number,
): NoiseCalibration {
  const ratios = pairedLogRatios(twin, server)
  const interval = ratios.length === 0 ? null : meanInterval(ratios)
  const deviation = interval?.standardDeviation ?? null
  const all = [...server, ...twin]
  return {
    seconds,
    pairs: ratios.length,
    invalidTrials: all.filter(({ validity }) => !validity.ok).length,
    secondsPerPair,
    effect: interval === null ? null : toEffect(interval),
    pairDeviation: deviation,
    rawVariation: variationOf(
      server.filter(({ validity }) => validity.ok).map(({ throughputRps }) => throughputRps),
    ),
    detectable: BUDGETS_SECONDS.map((budget) => ({
      seconds: budget,
      effect:
        deviation === null || secondsPerPair <= 0
          ? null
          : minimumDetectableEffect(deviation, Math.floor(budget / secondsPerPair)),
    })),
    needed: EFFECTS.map((effect) => {
      const pairs = deviation === null ? null : blocksNeeded(deviation, Math.log1p(effect))
      return { effect, seconds: pairs === null ? null : pairs * secondsPerPair }
    }),
    disturbances: collectWarnings(all).map(({ worst, trials }) => ({
      id: worst.id,
      trials,
      worst: worst.message,
    })),
  }
}

function variationOf(values: number[]): number | null {
  return values.length < 2 ? null : sampleStandardDeviation(values) / mean(values)
}
