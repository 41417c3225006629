import { z } from 'zod'
import { configurationSchema } from './configuration.js'

const nonNegative = z.number().nonnegative()
const tally = z.int().nonnegative()

/** Microseconds. A percentile is `null` when the sample cannot carry it (percentile.ts). */
export const latencySchema = z.strictObject({
  /** Whole requests in the histogram; a request at an edge of the window counts by its share inside. */
  count: tally,
  mean: nonNegative.nullable(),
  p50: nonNegative.nullable(),
  p95: nonNegative.nullable(),
  p99: nonNegative.nullable(),
  p999: nonNegative.nullable(),
  /** The longest of all requests that were under way in the window, those at its edges included. */
  max: nonNegative.nullable(),
})

/**
 * Every request that was under way at some time in the window, counted whole, so `done` may exceed throughput * window by the requests
 * at its edges. sent = done + errors + lost + inFlight. `non2xx` and `unexpected` count answers (within `done`), `timeouts` are within
 * `errors`, `lost` are those on which the server hung up, `inFlight` those without an answer when the generator gave up waiting after the window.
 */
export const requestTallySchema = z.strictObject({
  sent: tally,
  done: tally,
  /** Answers with another status than 2xx, where none was expected by name. */
  non2xx: tally,
  /** Answers that were not what the request expects; absent when there were none. */
  unexpected: tally.optional(),
  errors: tally,
  timeouts: tally,
  lost: tally,
  inFlight: tally,
})
export type RequestTally = z.infer<typeof requestTallySchema>

/** What speaks against a trial: stable id, what was seen, and the limit it crossed. */
export const validityReasonSchema = z.strictObject({
  id: z.string(),
  message: z.string(),
  observed: z.number(),
  limit: z.number(),
})
export type ValidityReason = z.infer<typeof validityReasonSchema>

/** `ok` is false when there are `reasons`. `warnings` disturb a trial without making its figures wrong. */
export const validitySchema = z.strictObject({
  ok: z.boolean(),
  reasons: z.array(validityReasonSchema),
  warnings: z.array(validityReasonSchema),
})
export type Validity = z.infer<typeof validitySchema>

/** The part of one request of a mix. */
export const routeOutcomeSchema = z.strictObject({
  name: z.string(),
  throughputRps: nonNegative,
  /** Answers. */
  count: tally,
  /** Requests without a good answer: failed, lost, with a wrong status or an unexpected answer. */
  errors: tally,
  p50Us: nonNegative.nullable(),
  p99Us: nonNegative.nullable(),
})
export type RouteOutcome = z.infer<typeof routeOutcomeSchema>

/** What the generator saw in one window of load. */
export const loadOutcomeSchema = z.strictObject({
  /** Length of the measured window, by the generator's own monotonic clock. */
  windowSeconds: nonNegative,
  /** Requests per second within the window; a request that crosses an edge counts by its share inside. */
  throughputRps: nonNegative,
  latencyUs: latencySchema,
  /** Base64 of a compressed HdrHistogram (V2), values in microseconds. */
  histogram: z.string(),
  requests: requestTallySchema,
  /** Connections opened during the whole trial, ramp included. */
  connects: tally,
  /** How long opening a connection took on average; absent in results of older versions. */
  connectMeanUs: nonNegative.nullable().optional(),
  /** Mean number of requests under way during the window, failed ones included. */
  concurrency: nonNegative,
  /** Little's law: throughput * mean latency / connections. 1 when the figures are consistent. */
  littleRatio: nonNegative.nullable(),
  /** CPU seconds per second of window of the busiest generator process; each has one thread of load, so 1 is its limit. */
  generatorCpu: nonNegative,
  /** CPU seconds of all generator processes over the whole trial, ramp and last answers included. */
  generatorCpuSeconds: nonNegative,
  /** How late the event loop of the generator ran its timers during the window, of the latest process. */
  generatorDelayMs: z.strictObject({ mean: nonNegative, max: nonNegative }),
  /** Answers in ten equal parts of the window, in order of time, each request by its share inside. */
  slices: z.array(nonNegative),
  /** First error text of each kind, for messages. */
  errorSamples: z.array(z.string()),
  statusCounts: z.record(z.string(), tally),
  /** Every answer of the trial, those of the ramp and after the window included. */
  answers: tally.optional(),
  /** Generator processes that had connections; absent in results of older versions. */
  generators: z.int().positive().optional(),
  /** By request, in order of the mix; absent where there is one request only. */
  routes: z.array(routeOutcomeSchema).optional(),
})
export type LoadOutcome = z.infer<typeof loadOutcomeSchema>

/** What the target's processes say about the same window. `null` where the target cannot say. */
export const serverOutcomeSchema = z.strictObject({
  /** CPU seconds of all workers, per answered request. */
  cpuSecondsPerRequest: nonNegative.nullable(),
  /** Event-loop-busy seconds of all loops, per answered request. */
  loopSecondsPerRequest: nonNegative.nullable(),
  /** Seconds per answered request in which a worker was ready to run and other processes had the cores. */
  runQueueSecondsPerRequest: nonNegative.nullable(),
  /** Cores used by the workers. */
  cpuCores: nonNegative.nullable(),
  /** Busy share of the busiest event loop, 0 to 1. */
  loopUtilization: nonNegative.nullable(),
  /** Sum over arbiter and workers at the end of the window. */
  pssBytes: nonNegative.nullable(),
  rssBytes: nonNegative.nullable(),
  /** Private pages of all, and what they share once: the server with nothing beside it that shares its code. Absent where nobody tells. */
  aloneBytes: nonNegative.optional(),
  /** Requests answered by each worker in the window; empty where the server does not tell. */
  requestsPerWorker: z.array(tally),
  /** Workers that died or were replaced in the window. */
  restarts: tally,
  /** Processes at the end of the window; absent where nobody counts them, like the switches. */
  processes: tally.optional(),
  contextSwitchesPerRequest: nonNegative.nullable().optional(),
  /** Waited for something, or had to give way to somebody; the second grows where threads are more than cores. */
  voluntarySwitchesPerRequest: nonNegative.nullable().optional(),
  involuntarySwitchesPerRequest: nonNegative.nullable().optional(),
  /** Highest resident sets during the trial, added up over the processes; absent where nobody tells. */
  peakRssBytes: nonNegative.optional(),
  /** Part of the CPU time that went into garbage collection; absent where the server does not tell. */
  gcShare: z.number().min(0).max(1).optional(),
})
export type ServerOutcome = z.infer<typeof serverOutcomeSchema>

const share = z.number().min(0).max(1)

/** What the machine did from before the ramp to after the last answer. `null` where it does not say. */
export const environmentOutcomeSchema = z.strictObject({
  /** Part of the CPU time that the hypervisor gave to other machines. */
  stealShare: share.nullable(),
  /** Cores in use, by whomever. */
  busyCores: nonNegative.nullable(),
  /** Cores in use by processes other than target, generators and this tool. */
  foreignCores: nonNegative.nullable(),
  /** Part of the scheduling periods in which the CPU quota of some cgroup above ran out. */
  throttledShare: share.nullable(),
  /** Part of the time in which some task waited for a CPU, or for memory (PSI). */
  cpuPressure: share.nullable(),
  memoryPressure: share.nullable(),
  /** Connections that found a listen queue full or were dropped at one, in this network namespace. */
  listenDrops: tally.nullable(),
  /** Microseconds that a fixed piece of work took on the CPUs during the window; absent where nobody timed it. */
  pieceUs: z.number().positive().optional(),
})
export type EnvironmentOutcome = z.infer<typeof environmentOutcomeSchema>

export const trialPhaseSchema = z.enum([
  'probe',
  'saturation',
  'race',
  'sweep',
  'confirmation',
  'matrix',
  'calibration',
])
export type TrialPhase = z.infer<typeof trialPhaseSchema>

/** One configuration under load for one window. */
export const trialSchema = z.strictObject({
  id: tally,
  phase: trialPhaseSchema,
  block: tally.nullable(),
  /** Which start of the servers, in a run that started them more than once; of a sweep only where its server was started for it. */
  start: tally.optional(),
  /** Label of the target: a candidate's key, or `<workload>/<key>` in a matrix. */
  target: z.string(),
  workload: z.string().nullable(),
  configuration: configurationSchema,
  load: z.strictObject({ connections: z.int().positive() }),
  startedAt: z.iso.datetime(),
  ...loadOutcomeSchema.shape,
  server: serverOutcomeSchema.nullable(),
  environment: environmentOutcomeSchema.nullable(),
  validity: validitySchema,
})
export type Trial = z.infer<typeof trialSchema>
