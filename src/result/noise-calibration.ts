import { z } from 'zod'
import { effectSchema } from './analysis.js'

const nonNegative = z.number().nonnegative()

/** What `tune machine --noise` measured: two identical servers of a bundled app against each other. */
export const noiseCalibrationSchema = z.strictObject({
  /** Time that it took, servers' start included. */
  seconds: nonNegative,
  pairs: z.int().nonnegative(),
  invalidTrials: z.int().nonnegative(),
  /** Seconds of one pair of trials, ramps and pauses included. */
  secondsPerPair: nonNegative,
  /** One server against its twin: equal, within its interval, on a machine that can be measured on. */
  effect: effectSchema.nullable(),
  /** Standard deviation of ln(twin / server) over pairs. */
  pairDeviation: nonNegative.nullable(),
  /** Coefficient of variation of one server's throughput over trials: what a comparison without pairs would suffer. */
  rawVariation: nonNegative.nullable(),
  /** Smallest difference (ratio minus one) that a comparison of two configurations shows in so many seconds, with a chance of 80 %. */
  detectable: z.array(z.strictObject({ seconds: nonNegative, effect: nonNegative.nullable() })),
  /** Seconds to show this difference; `null` when out of reach. */
  needed: z.array(z.strictObject({ effect: nonNegative, seconds: nonNegative.nullable() })),
  /** Ids of warnings (docs/validity.md) with the number of trials that had them and the worst, most frequent first. */
  disturbances: z.array(z.strictObject({ id: z.string(), trials: z.int().positive(), worst: z.string() })),
})
export type NoiseCalibration = z.infer<typeof noiseCalibrationSchema>
