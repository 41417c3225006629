import { z } from 'zod'
import { evidenceSchema } from './analysis.js'

const connectionAdviceSchema = z.strictObject({
  /** Per event loop, behind a balancer that shares its connections among clients; `null` unless async. */
  workerConnections: z.int().positive().nullable(),
  backlog: z.int().positive(),
  /** Requests that a load balancer should let through to this server at a time. */
  balancerLimit: z.int().positive(),
})
export type ConnectionAdvice = z.infer<typeof connectionAdviceSchema>

/** Client connections against the answer: where throughput stops growing, and where only latency grows. */
export const connectionSweepSchema = z.strictObject({
  key: z.string(),
  points: z.array(
    z.strictObject({
      connections: z.int().positive(),
      throughputRps: z.number().nonnegative(),
      meanUs: z.number().nonnegative().nullable(),
      p99Us: z.number().nonnegative().nullable(),
      believed: z.boolean(),
    }),
  ),
  /** What the model says of this configuration: fewer than N * (1 + W/C) where it cannot fill the cores. Absent in results of older versions. */
  kneePredicted: z.number().positive().optional(),
  /** Requests under way at which the rising and the flat asymptote of the points meet: X_max * R_min. */
  kneeMeasured: z.number().positive().nullable(),
  /** Where throughput still grew at the end of the ladder: requests under way there, which the knee lies beyond. */
  kneeBeyond: z.number().positive().optional(),
  /** Most connections of the ladder at which a request takes, in the mean, at most twice the shortest mean of the sweep. */
  latencyHoldsTo: z.int().positive().nullable(),
  /** Connections with the highest throughput, where it falls clearly with more of them; absent where it does not. */
  fallsBeyond: z.int().positive().optional(),
  advice: connectionAdviceSchema.nullable(),
  /** Grade of the advice; absent where there is none, and in results of older versions. */
  adviceEvidence: evidenceSchema.optional(),
  /** Where the knee was not reached: no figure may be less. */
  adviceAtLeast: connectionAdviceSchema.optional(),
  note: z.string(),
})
export type ConnectionSweep = z.infer<typeof connectionSweepSchema>
