import { z } from 'zod'
import { effectSchema, estimateSchema, verdictSchema } from './analysis.js'
import { budgetOutcomeSchema } from './budget.js'
import { configurationSchema } from './configuration.js'
import { noiseSchema, SCHEMA_VERSION } from './document.js'
import { machineSchema } from './machine.js'
import { metricSchema } from './metric.js'
import { requestSchema } from './request.js'
import { serverNameSchema } from './server.js'
import { trialSchema } from './trial.js'

const sideSchema = z.strictObject({
  name: z.string(),
  app: z.string().nullable(),
  startedAt: z.iso.datetime(),
  toolVersion: z.string(),
  nodeVersion: z.string(),
  /** Commit of a version that came from git. */
  revision: z.string().optional(),
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
  /** What the base differed from itself in this metric (A/A); absent where two finished results were compared. */
  noise: noiseSchema.optional(),
  /** Blocks in all that would probably decide it; `null` when it is decided or out of reach. */
  blocksToDecide: z.int().positive().nullable().optional(),
})
export type MetricComparison = z.infer<typeof metricComparisonSchema>

const subjectSchema = z.strictObject({
  workload: z.string().nullable(),
  /** What served, where that is not the bundled server alone; absent too where two results of one server each differ in it, which is a caveat. */
  server: serverNameSchema.optional(),
  configuration: configurationSchema,
  connections: z.strictObject({ base: z.int().positive(), head: z.int().positive() }),
  /** What the head recommends or found best; budgets are decided on it. */
  main: z.boolean(),
  metrics: z.array(metricComparisonSchema),
})
export type ComparedSubject = z.infer<typeof subjectSchema>

/** Where two versions were measured in turn: how, and every trial. */
const measuredTogetherSchema = z.strictObject({
  name: z.string(),
  durationSeconds: z.number().nonnegative(),
  status: z.enum(['complete', 'interrupted']),
  seed: z.int().nonnegative(),
  machine: machineSchema,
  request: requestSchema,
  /** Complete blocks; in each the base, the head and the base again were measured once, in random order. */
  blocks: z.int().nonnegative(),
  windowSeconds: z.number().positive(),
  /** Why nothing may be concluded; empty when the figures may be believed. */
  unusable: z.array(z.string()),
  trials: z.array(trialSchema),
})

/**
 * What two versions are measured in before a run may end: six blocks let the exact test speak, and two more, so that the first look does not
 * hang on one wild block.
 */
export const FEWEST_BLOCKS = 8

/** What `tune compare --json` and `tune ci --json` print. */
export const comparisonDocumentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  command: z.enum(['compare', 'ci']),
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
  /** Absent where two finished results were compared. */
  run: measuredTogetherSchema.optional(),
})
export type ComparisonDocument = z.infer<typeof comparisonDocumentSchema>
