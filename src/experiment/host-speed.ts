import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { Noise } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import type { LevelTrial } from './samples.js'
import { tQuantile } from './student-t.js'

/** Of the CPUs. Below, some had nothing to do, and how fast they were says little. */
const SATURATED = 0.8
/** Fewer degrees of freedom carry no slope. */
const FEWEST_DEGREES = 6
/** The slope must be beyond doubt, one-sided. */
const CONFIDENCE = 0.99
/** And so must it be, before a label is said to have slowed the machine down itself; over all labels together. */
const OWN_DOING_ALPHA = 0.01
/** Steeper is chance. */
const MOST_ELASTIC = 1.5

/** What is known of the machine's speed in the windows of a race. */
export interface HostSpeed {
  summary: Noise['speed']
  /** Those that can be are told what they would have carried at the mean speed of all. */
  trials: Map<string, readonly LevelTrial[]>
}

interface Reading {
  trial: Trial
  /** ln of the time of a piece: slow is high. */
  slowness: number
}

/**
 * What the throughputs would have been, had the machine been equally fast in all windows: analysis of covariance, with the time that a fixed
 * piece of work took in the same window as the covariate. ln X = label + slope * ln(piece) is fitted to all saturated trials together, and each ln X is
 * moved along the slope to the mean speed of all. The slope comes from the differences within labels alone, so it holds nothing of
 * theirs. The piece is timed outside of the server; where labels differ in it all the same, they make the machine slow themselves, and then
 * nothing is moved. Nor is it where the slope is in doubt.
 *
 * @param trialsByLabel one start of the servers has one label
 * @param effectiveCpus `null` where nobody timed them
 */
export function atOneSpeed(
  trialsByLabel: ReadonlyMap<string, readonly Trial[]>,
  effectiveCpus: number | null,
): HostSpeed {
  const groups = effectiveCpus === null ? [] : saturatedReadings(trialsByLabel, effectiveCpus)
  const readings = groups.flat()
  const slope = slopeWithin(groups)
  if (slope === null || isOwnDoing(groups)) return { summary: undefined, trials: new Map(trialsByLabel) }
  const level = mean(readings.map(({ slowness }) => slowness))
  const levels = new Map(
    readings.map(({ trial, slowness }) => [
      trial,
      { ...trial, levelRps: trial.throughputRps * Math.exp(-slope * (slowness - level)) },
    ]),
  )
  return {
    summary: {
      deviation: sampleStandardDeviation(readings.map(({ slowness }) => slowness)),
      elasticity: -slope,
    },
    trials: new Map(
      [...trialsByLabel].map(([label, trials]) => [label, trials.map((trial) => levels.get(trial) ?? trial)]),
    ),
  }
}

function saturatedReadings(
  trialsByLabel: ReadonlyMap<string, readonly Trial[]>,
  effectiveCpus: number,
): Reading[][] {
  return [...trialsByLabel.values()]
    .map((trials) =>
      trials.flatMap((trial): Reading[] => {
        const { pieceUs, busyCores } = trial.environment ?? {}
        const isSaturated = (busyCores ?? 0) >= SATURATED * effectiveCpus
        return trial.validity.ok && pieceUs !== undefined && trial.throughputRps > 0 && isSaturated
          ? [{ trial, slowness: Math.log(pieceUs) }]
          : []
      }),
    )
    .filter(({ length }) => length > 1)
}

/** Least squares within groups; `null` unless it is surely negative. */
function slopeWithin(groups: readonly Reading[][]): number | null {
  const deviations = groups.flatMap((readings) => {
    const levels = readings.map(({ trial }) => Math.log(trial.throughputRps))
    const [x, y] = [mean(readings.map(({ slowness }) => slowness)), mean(levels)]
    return readings.map(({ slowness }, index) => ({ x: slowness - x, y: (levels[index] ?? y) - y }))
  })
  const degrees = deviations.length - groups.length - 1
  const spread = deviations.reduce((sum, { x }) => sum + x * x, 0)
  if (degrees < FEWEST_DEGREES || spread === 0) return null
  const slope = deviations.reduce((sum, { x, y }) => sum + x * y, 0) / spread
  const residual = deviations.reduce((sum, { x, y }) => sum + (y - slope * x) ** 2, 0)
  const error = Math.sqrt(residual / degrees / spread)
  if (slope > -tQuantile(CONFIDENCE, degrees) * error) return null
  return Math.max(-MOST_ELASTIC, slope)
}

/** Is the machine surely slower, or faster, under one label than under the others of its blocks? A t test for each, Bonferroni over all. */
function isOwnDoing(groups: readonly Reading[][]): boolean {
  const byBlock = new Map<number | null, number[]>()
  for (const { trial, slowness } of groups.flat())
    byBlock.set(trial.block, [...(byBlock.get(trial.block) ?? []), slowness])
  const beside = groups.map((readings) =>
    readings.flatMap(({ trial, slowness }) => {
      const block = byBlock.get(trial.block) ?? []
      return block.length > 1 ? [slowness - mean(block)] : []
    }),
  )
  const own = beside.filter(({ length }) => length > 2)
  return own.some((deviations) => {
    const error = sampleStandardDeviation(deviations) / Math.sqrt(deviations.length)
    const certain = tQuantile(1 - OWN_DOING_ALPHA / own.length / 2, deviations.length - 1)
    return Math.abs(mean(deviations)) > certain * error
  })
}
