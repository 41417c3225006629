import { z } from 'zod'
import { effectSchema, estimateSchema, verdictSchema } from './analysis.js'
import { budgetOutcomeSchema } from './budget.js'
import { configurationSchema } from './configuration.js'
import { SCHEMA_VERSION } from './document.js'
import { metricSchema } from './metric.js'

const sideSchema = z.strictObject({
  name: z.string(),
  app: z.string().nullable(),
  startedAt: z.iso.datetime(),
  toolVersion: z.string(),
  nodeVersion: z.string(),
})
export type ComparedSide = z.infer<typeof sideSchema>

const metricComparisonSchema = z.strictObject({
  metric: metricSchema,
  /** In the unit of the metric (see `METRICS`). */
  base: estimateSchema.nullable(),
  head: estimateSchema.nullable(),
  /** head / base. */
  effect: effectSchema.nullable(),
  /** Of the head: `better` is more requests, or less time, CPU or memory. */
  verdict: verdictSchema,
})
export type MetricComparison = z.infer<typeof metricComparisonSchema>

const subjectSchema = z.strictObject({
  workload: z.string().nullable(),
  configuration: configurationSchema,
  connections: z.strictObject({ base: z.int().positive(), head: z.int().positive() }),
  /** What the head recommends or found best; budgets are decided on it. */
  main: z.boolean(),
  metrics: z.array(metricComparisonSchema),
})
export type ComparedSubject = z.infer<typeof subjectSchema>

/** What `tune compare --json` prints. */
export const comparisonDocumentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  command: z.literal('compare'),
  base: sideSchema,
  head: sideSchema,
  /** Differences below this share count as none; two runs at different times differ by that much without any cause. */
  margin: z.number().positive(),
  /** What else may be in the difference. */
  caveats: z.array(z.string()),
  subjects: z.array(subjectSchema),
  budgets: z.array(budgetOutcomeSchema),
  /** All budgets together; those of level `warn` never fail it. */
  gate: z.enum(['pass', 'fail', 'inconclusive']),
})
export type ComparisonDocument = z.infer<typeof comparisonDocumentSchema>
