import { z } from 'zod'
import { configurationSchema } from './configuration.js'
import { appSchema, SCHEMA_VERSION } from './document.js'
import { machineSchema } from './machine.js'
import { objectiveSchema } from './objective.js'
import { openOutcomeSchema } from './open-load.js'
import { requestSchema } from './request.js'
import { serverNameSchema } from './server.js'

/** One window of open load, judged. `why` says what failed, and is `null` when nothing did. */
export const rateProbeSchema = z.strictObject({
  ratePerSecond: z.number().positive(),
  outcome: openOutcomeSchema,
  /** The rate was kept up with: few failures, no growing queue, and within the objective where there is one. */
  met: z.boolean(),
  why: z.string().nullable(),
  /** False when the generator, not the server, was late: then the window says nothing. */
  believed: z.boolean(),
})
export type RateProbe = z.infer<typeof rateProbeSchema>

export const rateSubjectSchema = z.strictObject({
  target: z.string(),
  /** What served; absent where only the bundled server was measured. */
  server: serverNameSchema.optional(),
  configuration: configurationSchema,
  probes: z.array(rateProbeSchema),
  /** Largest rate that met the objective and smallest that did not, in a search. `null` where the search found none. */
  largest: z.strictObject({ met: z.number().nullable(), failed: z.number().nullable() }).nullable(),
})
export type RateSubject = z.infer<typeof rateSubjectSchema>

/** What `tune bench --rate` and `--slo` write to rate.json, and print with --json. */
export const rateDocumentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  command: z.literal('rate'),
  name: z.string(),
  startedAt: z.iso.datetime(),
  durationSeconds: z.number().nonnegative(),
  status: z.enum(['complete', 'interrupted']),
  machine: machineSchema,
  request: requestSchema,
  app: appSchema.nullable(),
  arrivals: z.enum(['constant', 'poisson']),
  /** Of the gaps between Poisson arrivals. Absent in documents of before. */
  seed: z.int().optional(),
  objective: objectiveSchema.nullable(),
  subjects: z.array(rateSubjectSchema),
})
export type RateDocument = z.infer<typeof rateDocumentSchema>

export type { Objective } from './objective.js'
