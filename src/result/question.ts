import { z } from 'zod'
import { configurationSchema } from './configuration.js'
import { objectiveSchema } from './objective.js'

export const optimizeSchema = z.enum(['throughput', 'latency', 'memory', 'balanced'])
export const OPTIMIZE = optimizeSchema.options

/** What an analysis was asked: what is best, what must be kept, and what else to look at. */
export const questionSchema = z.strictObject({
  optimize: optimizeSchema,
  /** The largest rate that keeps this decides. */
  slo: objectiveSchema.nullable(),
  /** Requests per second that are enough: then the cheapest that carries them decides. */
  targetRps: z.number().positive().nullable(),
  /** What the whole server may use. */
  maxMemoryBytes: z.number().positive().nullable(),
  /** What runs today, and who says so. */
  current: z.strictObject({ configuration: configurationSchema, source: z.string() }).nullable(),
  /** Candidates of the user. */
  candidates: z.array(configurationSchema),
})
export type Question = z.infer<typeof questionSchema>

/** A server that runs at its limit has an endless queue: a rate is carried at this part of the closed-loop throughput. */
export const SAFE_UTILIZATION = 0.8

/** What is asked when nothing else is said. */
export const PLAIN_QUESTION: Question = {
  optimize: 'throughput',
  slo: null,
  targetRps: null,
  maxMemoryBytes: null,
  current: null,
  candidates: [],
}
