import { z } from 'zod'
import { configurationSchema } from './configuration.js'
import { memorySchema } from './memory.js'
import { advisedRecycleSchema } from './recycle.js'

export const evidenceSchema = z.enum(['measured', 'modelled', 'rule of thumb'])

export const verdictSchema = z.enum(['better', 'worse', 'equivalent', 'inconclusive'])
export type Verdict = z.infer<typeof verdictSchema>

/** A ratio with its 95 % interval; 1.05 means 5 % more. The interval is `null` when too few blocks carry it. */
export const effectSchema = z.strictObject({
  ratio: z.number().positive(),
  low: z.number().nonnegative().nullable(),
  high: z.number().nonnegative().nullable(),
  blocks: z.int().nonnegative(),
  /** The correction for the speed of the machine led elsewhere: the ratio is the measured one, and the interval holds both. */
  asMeasured: z.literal(true).optional(),
})
export type Effect = z.infer<typeof effectSchema>

/** A figure with its 95 % interval over blocks. */
export const estimateSchema = z.strictObject({
  value: z.number().nonnegative(),
  low: z.number().nonnegative().nullable(),
  high: z.number().nonnegative().nullable(),
})
export type Estimate = z.infer<typeof estimateSchema>

export const workloadClassSchema = z.enum([
  'cpu',
  'blocking-io',
  'async-io',
  'offloop-cpu',
  'mixed',
  'downstream',
])
export type WorkloadClass = z.infer<typeof workloadClassSchema>

const confidenceSchema = z.enum(['high', 'medium', 'low'])

/** What limits the app beside its nature, with the figure that shows it. */
export const constraintSchema = z.strictObject({
  kind: z.enum(['gc-bound', 'memory-bound', 'downstream-limited', 'generator-limited']),
  /** Of memory-bound: too few workers fit, a heap is nearly full, or a leak fills it; several may hold at a time. */
  cause: z.enum(['workers', 'heap', 'leak']).optional(),
  confidence: confidenceSchema,
  /** What was measured, and from where on the name applies; of the quantity that `observed` names. */
  value: z.number().nonnegative(),
  limit: z.number().nonnegative(),
  observed: z.string(),
  /** What would make it surer; empty where nothing has to. */
  raise: z.string(),
})
export type Constraint = z.infer<typeof constraintSchema>

/** Grades of the times of a request. */
const timesEvidence = {
  cpuMsPerRequest: evidenceSchema,
  loopMsPerRequest: evidenceSchema,
  waitMsPerRequest: evidenceSchema,
  residenceMsPerRequest: evidenceSchema,
}
const timesEvidenceSchema = z.strictObject(timesEvidence)
export type TimesEvidence = z.infer<typeof timesEvidenceSchema>

/** Why a confidence is not high, and what would raise it. */
const doubtsSchema = z.array(z.strictObject({ why: z.string(), raise: z.string() }))

/** One request of a mix by itself, at one connection. Times are per request, `null` where it was not measured. */
export const routeWorkloadSchema = z.strictObject({
  name: z.string(),
  /** Of all requests of the mix. */
  share: z.number().min(0).max(1),
  class: workloadClassSchema.nullable(),
  confidence: confidenceSchema,
  cpuMsPerRequest: z.number().nonnegative().nullable(),
  loopMsPerRequest: z.number().nonnegative().nullable(),
  waitMsPerRequest: z.number().nonnegative().nullable(),
  residenceMsPerRequest: z.number().nonnegative().nullable(),
  /** Of the CPU that all measured requests of the mix use. */
  cpuPart: z.number().min(0).max(1).nullable(),
  /** Grades of the times; absent where it was not measured, and in results of older versions. */
  evidence: timesEvidenceSchema.optional(),
  /** What makes the class uncertain, and what would raise the confidence; absent where it was not classified, and in results of older versions. */
  doubts: doubtsSchema.optional(),
  /** Why it was not measured; empty where it was. In results of older versions also what makes the class uncertain. */
  note: z.string(),
})
export type RouteWorkload = z.infer<typeof routeWorkloadSchema>

/** What runs out first under more load. */
const limitSchema = z.enum([
  'cpu',
  'event-loop',
  'thread-pool',
  'downstream',
  'generator',
  'nothing',
  'unknown',
])

/** The nature of the work, from one connection and from saturation. Times are per request. */
export const workloadSchema = z.strictObject({
  class: workloadClassSchema,
  confidence: confidenceSchema,
  /** Why the confidence is not high, and what would raise it; absent in results of older versions. */
  doubts: doubtsSchema.optional(),
  /** C, service demand; measured under overload where that trial is usable, else at one connection. */
  cpuMsPerRequest: z.number().nonnegative(),
  /** E, event-loop-busy time; like C of a request that is no longer cold, as far as the loop only computes. */
  loopMsPerRequest: z.number().nonnegative(),
  /** R, response time at one connection. */
  residenceMsPerRequest: z.number().nonnegative(),
  /** W = max(0, R - C), without what network and generator add to R. */
  waitMsPerRequest: z.number().nonnegative(),
  /** u = C/R and e = E/R at one connection, R without network and generator. */
  cpuShare: z.number().nonnegative(),
  loopShare: z.number().nonnegative(),
  /** N * (1 + W/C): requests under way beyond which only the queue grows. `null` when C is not measurable. */
  kneeConcurrency: z.number().positive().nullable(),
  /** Grades of the times and of the knee; absent in results of older versions. */
  evidence: z.strictObject({ ...timesEvidence, kneeConcurrency: evidenceSchema }).optional(),
  /** What ran out first at saturation; `unknown` where that trial is missing or may not be believed. */
  limitedBy: limitSchema,
  /** Requests of one worker that proceed at a time behind it, where something there limits them. */
  downstreamConcurrency: z.number().positive().optional(),
  /** Threads of libuv's pool in that worker, where about as many proceed: then it may be the pool that they wait in. */
  poolThreads: z.int().positive().optional(),
  reasons: z.array(z.string()),
  /** Absent in results of older versions. */
  constraints: z.array(constraintSchema).optional(),
  /** The requests of a mix, the most frequent first; absent where there is one request only. */
  routes: z.array(routeWorkloadSchema).optional(),
})
export type Workload = z.infer<typeof workloadSchema>

/** Memory model from the probe: what one process and one thread cost, by private bytes beside the shared ones, else by PSS. */
export const memoryModelSchema = z.strictObject({
  /** What all processes of the server have in common (code), once; absent where the kernel does not tell: then PSS stands for everything. */
  sharedBytes: z.number().nonnegative().optional(),
  arbiterBytes: z.number().nonnegative(),
  perWorkerBytes: z.number().nonnegative(),
  /** Part of it that processes take which a worker has started; absent where there are none, or nobody can tell. */
  helperBytes: z.number().nonnegative().optional(),
  perThreadBytes: z.number().nonnegative(),
  /** Largest number of single-threaded workers that the limit holds, with reserve; 0 where not even one has room to grow. */
  maxWorkers: z.int().nonnegative(),
  /** `rule of thumb` where nobody tells what a worker takes, `measured` where both a worker and a thread were. */
  evidence: evidenceSchema,
  /** Of `perThreadBytes`: measured where a threaded candidate was up; absent in results of older versions. */
  perThreadEvidence: evidenceSchema.optional(),
})
export type MemoryModel = z.infer<typeof memoryModelSchema>

export const candidateSchema = z.strictObject({
  key: z.string(),
  configuration: configurationSchema,
  /** The formulas that proposed it. */
  proposedBy: z.array(z.string()),
  /** Client connections it was raced with. */
  connections: z.int().positive(),
  control: z.boolean(),
  throughputRps: estimateSchema.nullable(),
  latencyUs: z.strictObject({
    p50: z.number().nullable(),
    p95: z.number().nullable(),
    p99: z.number().nullable(),
  }),
  ...memorySchema.shape,
  /** Grade of its figures; absent where it was not measured, and in results of older versions. */
  evidence: evidenceSchema.optional(),
  /** Against the recommended configuration. */
  effect: effectSchema.nullable(),
  outcome: z.enum([
    ...['recommended', 'equivalent', 'worse', 'better', 'inconclusive', 'too-large', 'invalid', 'excluded'],
  ] as const),
  /**
   * Why an `inconclusive` one was not measured for longer: there were fewer than three blocks of it; others were confirmed, and
   * it was no finalist; it left the race as clearly below the leader; most of its trials were not believed. Absent where it was, and in
   * results of older versions.
   */
  undecided: z.enum(['few-blocks', 'not-a-finalist', 'dropped-early', 'not-believed']).optional(),
  note: z.string(),
})
export type Candidate = z.infer<typeof candidateSchema>

export const findingSchema = z.strictObject({
  id: z.string(),
  level: z.enum(['ok', 'warn', 'info']),
  title: z.string(),
  observed: z.string(),
  rule: z.string(),
  advice: z.string(),
  evidence: evidenceSchema,
  /** Of TUNE-NEXT: what limits the answer, where `workload.limitedBy` is of one worker alone. */
  limitedBy: limitSchema.optional(),
  /** Of TUNE-APP-LEAK: after how many requests a worker is replaced, before what it keeps fills its room. */
  recycle: advisedRecycleSchema.optional(),
})
export type Finding = z.infer<typeof findingSchema>

export const recommendationSchema = z.strictObject({
  /** `keep`: the heuristic or current configuration is as good; `inconclusive`: the machine could not tell. */
  action: z.enum(['change', 'keep', 'inconclusive']),
  configuration: configurationSchema,
  /** The connections of clients at which the expectation holds. */
  connections: z.int().positive(),
  command: z.string(),
  expected: z.strictObject({
    throughputRps: estimateSchema.nullable(),
    latencyUs: z.strictObject({
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
    }),
    ...memorySchema.shape,
    evidence: evidenceSchema,
    /** The rate and its latency are of requests that leave by the clock, not of so many connections. */
    openLoad: z.boolean().optional(),
  }),
  confidence: z.enum(['high', 'medium', 'low']),
  /** Sentences, most important first. */
  reasons: z.array(z.string()),
})
export type Recommendation = z.infer<typeof recommendationSchema>

/** The classic rule at its best for this workload, against the recommendation. */
export const heuristicSchema = z.strictObject({
  workers: z.int().positive(),
  configuration: configurationSchema,
  /** The recommendation against the rule: `better` means the recommendation wins. */
  verdict: verdictSchema,
  /** Throughput (or what `measure` says) of the recommendation divided by that of the rule. */
  effect: effectSchema.nullable(),
  /** What effects are ratios of; absent: throughput. */
  measure: z.string().optional(),
  /** "2N+1 = 5 assumes 1.5 ms of waiting per ms of CPU; this app waits 0.04". */
  explanation: z.string(),
})
export type HeuristicComparison = z.infer<typeof heuristicSchema>

/** The second look: those that the decision is about, on fresh servers, in fresh blocks. Only its effects are quoted. */
export const confirmationSchema = z.strictObject({
  /** Complete blocks; 0 where it was left out. */
  blocks: z.int().nonnegative(),
  /** Keys of the candidates that were up again, controls included. */
  keys: z.array(z.string()),
  effects: z.array(
    z.strictObject({
      key: z.string(),
      /** Key of the control. */
      against: z.string(),
      effect: effectSchema,
      verdict: verdictSchema,
      /** What the race, which selected the candidate, had shown of the same pair. */
      raceEffect: effectSchema.nullable(),
    }),
  ),
  /** What was done, or why nothing was. */
  note: z.string(),
})
export type Confirmation = z.infer<typeof confirmationSchema>

const boundedSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })

/** The model of the app held against what was measured, and how sure each of its figures is. */
export const modelSchema = z.strictObject({
  predictions: z.array(
    z.strictObject({
      what: z.string(),
      unit: z.enum(['req/s', 'requests', 'MiB']),
      predicted: z.number(),
      measured: z.number(),
      /** predicted / measured - 1. */
      error: z.number(),
      /** The measurement ended before it was reached: `measured` is a lower bound, and `error` says nothing of the model. */
      lowerBound: z.literal(true).optional(),
    }),
  ),
  /** The universal scalability law, where at least four points of an axis were measured. Not valid outside of `from`..`to`. */
  scalability: z.array(
    z.strictObject({
      axis: z.enum(['workers', 'connections']),
      lambda: boundedSchema,
      sigma: boundedSchema,
      kappa: boundedSchema,
      peak: z.strictObject({ value: z.number(), low: z.number(), high: z.number().nullable() }).nullable(),
      peakMeasured: z.boolean(),
      from: z.number(),
      to: z.number(),
      wellSupported: z.boolean(),
    }),
  ),
  /**
   * Throughput in the race, the means, by workers: of what was raced with most numbers of them, nothing else changed but the clients that fill them.
   * Absent in results of older versions.
   */
  workerSeries: z
    .strictObject({
      /** With the fewest workers. */
      configuration: configurationSchema,
      /** The most that one of them had. */
      connections: z.int().positive(),
      points: z.array(
        z.strictObject({ workers: z.int().positive(), throughputRps: z.number().nonnegative() }),
      ),
    })
    .optional(),
  /** PSS per answered request, where it grew surely. */
  leakBytesPerRequest: z.number().nullable(),
  certainty: z.array(
    z.strictObject({
      figure: z.string(),
      value: z.string(),
      confidence: z.enum(['high', 'medium', 'low']),
      why: z.string(),
      /** What would make it surer; empty where nothing has to. */
      raise: z.string(),
    }),
  ),
})
export type Model = z.infer<typeof modelSchema>

/** The same app on a machine of another size, by the model alone. */
export const whatIfSchema = z.strictObject({
  effectiveCpus: z.number().positive(),
  memoryBytes: z.number().positive(),
  configuration: configurationSchema,
  rule: configurationSchema,
  throughputRps: z.number().nonnegative(),
  ruleThroughputRps: z.number().nonnegative(),
  pssBytes: z.number().nonnegative(),
  evidence: evidenceSchema,
  /** What the model does not know. */
  limits: z.array(z.string()),
})
export type WhatIf = z.infer<typeof whatIfSchema>
