import { z } from 'zod'
import {
  candidateSchema,
  confirmationSchema,
  effectSchema,
  estimateSchema,
  findingSchema,
  heuristicSchema,
  memoryModelSchema,
  modelSchema,
  recommendationSchema,
  verdictSchema,
  whatIfSchema,
  workloadSchema,
} from './analysis.js'
import { configurationSchema, workerClassSchema } from './configuration.js'
import { connectionSweepSchema } from './connection-sweep.js'
import { memorySchema } from './memory.js'
import { machineSchema } from './machine.js'
import { questionSchema } from './question.js'
import { requestSchema } from './request.js'
import { serverNameSchema } from './server.js'
import { trialSchema } from './trial.js'

/** Raised with every incompatible change of the document. */
export const SCHEMA_VERSION = 1

const common = {
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  name: z.string(),
  startedAt: z.iso.datetime(),
  durationSeconds: z.number().nonnegative(),
  /** `interrupted` documents hold what was known at the moment of the signal. */
  status: z.enum(['complete', 'interrupted']),
  seed: z.int().nonnegative(),
  machine: machineSchema,
  /** CPUs that the load generators had to themselves, such as `0,2-3`; absent where they shared all with the server. */
  generatorCpus: z.string().optional(),
  request: requestSchema,
  warnings: z.array(z.string()),
  trials: z.array(trialSchema),
}

/** A/A: one configuration under two labels in every block. What it shows is the floor of what can be told apart. */
export const noiseSchema = z.strictObject({
  effect: effectSchema.nullable(),
  /** Bound of the A/A interval that lies farther from equal, as a ratio minus one. */
  floor: z.number().nonnegative().nullable(),
  /** Smallest effect that this run could have shown, as a ratio minus one. */
  minimumDetectableEffect: z.number().nonnegative().nullable(),
  /** Practical margin used for `equivalent`. */
  margin: z.number().positive(),
  /** How the speed of the CPUs varied from window to window; absent where it was not corrected for. */
  speed: z
    .strictObject({
      /** Standard deviation of the logarithm. */
      deviation: z.number().nonnegative(),
      /** By how many per cent the throughput grew with each per cent of speed. */
      elasticity: z.number().nonnegative(),
    })
    .optional(),
})
export type Noise = z.infer<typeof noiseSchema>

export const appSchema = z.strictObject({
  spec: z.string(),
  /** What the loader found: `(req, res)`, `{ fetch }`, a module that listens itself. */
  kind: z.string().nullable(),
  /** `plain` JavaScript, or `esbuild` when it was compiled. */
  loader: z.string().nullable(),
  /** What served it; absent for the bundled server. */
  server: serverNameSchema.optional(),
  /** Of a command that was given beside the app: itself, with its placeholders. Else `spec` is the command. */
  template: z.string().optional(),
})

export const analyzeDocumentSchema = z.strictObject({
  ...common,
  command: z.literal('analyze'),
  app: appSchema,
  plan: z.strictObject({
    budgetSeconds: z.number().positive(),
    blocks: z.int().nonnegative(),
    windowSeconds: z.number().positive().nullable(),
    /** The most that a candidate had: each has as many as fill it. */
    connections: z.int().positive().nullable(),
    /** Absent in results that were written before there was anything to ask. */
    question: questionSchema.optional(),
    /** Why each candidate was started for its trials alone; absent where all of a race were up at once. */
    apart: z.enum(['memory', 'background']).optional(),
  }),
  workload: workloadSchema.nullable(),
  memory: memoryModelSchema.nullable(),
  candidates: z.array(candidateSchema),
  noise: noiseSchema.nullable(),
  findings: z.array(findingSchema),
  recommendation: recommendationSchema.nullable(),
  heuristic: heuristicSchema.nullable(),
  /** Absent in results that were written before there was one, and where the run ended before it. */
  confirmation: confirmationSchema.optional(),
  connections: connectionSweepSchema.optional(),
  model: modelSchema.optional(),
  whatIf: whatIfSchema.optional(),
})
export type AnalyzeDocument = z.infer<typeof analyzeDocumentSchema>

/** One cell of the matrix: a configuration at a number of client connections. */
export const cellSchema = z.strictObject({
  workload: z.string(),
  /** What served it; absent where only the bundled server was measured. */
  server: serverNameSchema.optional(),
  configuration: configurationSchema,
  load: z.strictObject({ connections: z.int().positive() }),
  throughputRps: estimateSchema.nullable(),
  latencyUs: z.strictObject({
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  }),
  ...memorySchema.shape,
  errors: z.int().nonnegative(),
  validTrials: z.int().nonnegative(),
  invalidReasons: z.array(z.string()),
  /** Best throughput of its workload, at any number of connections. */
  best: z.boolean(),
  /** The `2N+1` rule in this class, at any number of connections. */
  heuristic: z.boolean(),
  /** Throughput against the best cell of its workload. */
  effect: effectSchema.nullable(),
  verdict: verdictSchema.nullable(),
})
export type Cell = z.infer<typeof cellSchema>

export const benchDocumentSchema = z.strictObject({
  ...common,
  command: z.literal('bench'),
  app: appSchema.nullable(),
  plan: z.strictObject({
    workloads: z.array(
      z.strictObject({ name: z.string(), description: z.string(), noise: noiseSchema.nullable() }),
    ),
    /** What was asked for; the rule 2N+1 of each class is measured in addition. */
    axes: z.strictObject({
      classes: z.array(workerClassSchema),
      workers: z.array(z.int().positive()),
      threads: z.array(z.int().positive()),
      connections: z.array(z.int().positive()),
    }),
    /** Of each start. */
    blocks: z.int().positive(),
    /** How often the servers were started anew; absent for once. */
    repeats: z.int().positive().optional(),
    windowSeconds: z.number().positive(),
    /** Servers that were compared in one run; absent where only the bundled server was measured. */
    servers: z.array(serverNameSchema).optional(),
  }),
  cells: z.array(cellSchema),
})
export type BenchDocument = z.infer<typeof benchDocumentSchema>

/** The one document of which every report is a rendering. */
export const resultDocumentSchema = z.discriminatedUnion('command', [
  analyzeDocumentSchema,
  benchDocumentSchema,
])
export type ResultDocument = z.infer<typeof resultDocumentSchema>
