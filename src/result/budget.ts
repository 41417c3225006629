import { z } from 'zod'
import { metricSchema } from './metric.js'

/** One limit, such as `latency.p99 < 250ms` or `rps vs baseline >= -5%`. */
export const budgetSchema = z.strictObject({
  /** As it was written. */
  expression: z.string(),
  level: z.enum(['error', 'warn']),
  metric: metricSchema,
  /** `true`: the limit is for the change against the baseline, as a share (-0.05 is -5 %). */
  againstBaseline: z.boolean(),
  operator: z.enum(['<', '<=', '>', '>=']),
  /** In the unit of the metric, or a share. */
  limit: z.number(),
})
export type Budget = z.infer<typeof budgetSchema>

export const budgetOutcomeSchema = z.strictObject({
  ...budgetSchema.shape,
  /** What it was decided on, in words. */
  subject: z.string(),
  /** `null` when nothing was measured, which fails. */
  observed: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Decided on the bounds of the 95 % interval; `inconclusive` when the limit lies within it, or there is none. */
  outcome: z.enum(['pass', 'fail', 'inconclusive']),
  /** What kept it from being decided, where the figures alone do not show it. */
  note: z.string().optional(),
})
export type BudgetOutcome = z.infer<typeof budgetOutcomeSchema>
