import { mean, sampleStandardDeviation } from 'simple-statistics'
import type { Noise } from '../result/document.js'
import type { Trial } from '../result/trial.js'
import { tQuantile } from './student-t.js'

/** Of the most cores that were busy in any trial. Below, a core had nothing to do, and how fast it is says little. */
const SATURATED = 0.8
/** Fewer degrees of freedom carry no slope. */
const FEWEST_DEGREES = 6
/** The slope must be beyond doubt, one-sided. */
const CONFIDENCE = 0.99
/** Steeper is chance. */
const MOST_ELASTIC = 1.5

/** What is known of the machine's speed in the windows of a race. */
export interface HostSpeed {
  summary: Noise['speed']
  /** The trials as they would have been, had the machine been equally fast in all of them. */
  trials: Map<string, readonly Trial[]>
}

interface Reading {
  trial: Trial
  /** ln of the time of a piece: slow is high. */
  slowness: number
}

/**
 * Takes out of each throughput what the speed of the machine did to it: analysis of covariance, with the time that a fixed piece of work took in
 * the same window as the covariate. ln X = label + slope * ln(piece) is fitted to all saturated trials together, and each ln X is moved along
 * the slope to the mean speed of all. The slope comes from the differences within labels alone, so it holds nothing of theirs; and the
 * piece is timed outside of the server, so no label makes it faster or slower. Nothing is moved where the slope is in doubt.
 *
 * @param trialsByLabel of one race
 */
export function atOneSpeed(trialsByLabel: ReadonlyMap<string, readonly Trial[]>): HostSpeed {
  const groups = saturatedReadings(trialsByLabel)
  const readings = groups.flat()
  const slope = slopeWithin(groups)
  if (slope === null) return { summary: undefined, trials: new Map(trialsByLabel) }
  const level = mean(readings.map(({ slowness }) => slowness))
  const moved = new Map(
    readings.map(({ trial, slowness }) => [
      trial,
      { ...trial, throughputRps: trial.throughputRps * Math.exp(-slope * (slowness - level)) },
    ]),
  )
  return {
    summary: {
      deviation: sampleStandardDeviation(readings.map(({ slowness }) => slowness)),
      elasticity: -slope,
    },
    trials: new Map(
      [...trialsByLabel].map(([label, trials]) => [label, trials.map((trial) => moved.get(trial) ?? trial)]),
    ),
  }
}

function saturatedReadings(trialsByLabel: ReadonlyMap<string, readonly Trial[]>): Reading[][] {
  const groups = [...trialsByLabel.values()].map((trials) => trials.filter(({ validity }) => validity.ok))
  const busy = ({ environment }: Trial): number => environment?.busyCores ?? 0
  const most = Math.max(0, ...groups.flat().map(busy))
  return groups
    .map((trials) =>
      trials.flatMap((trial): Reading[] => {
        const pieceUs = trial.environment?.pieceUs
        const counts = pieceUs !== undefined && trial.throughputRps > 0 && busy(trial) >= SATURATED * most
        return counts ? [{ trial, slowness: Math.log(pieceUs) }] : []
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
