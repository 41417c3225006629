import { z } from 'zod'
import type { Address, RequestSpec } from './request.js'
import { latencySchema, requestTallySchema, routeOutcomeSchema } from './trial.js'

const nonNegative = z.number().nonnegative()

/** What one window of open load asks of the generator. */
export interface OpenLoadSpec {
  address: Address
  request: RequestSpec
  /** Requests per second, sent whether earlier ones are answered or not. */
  ratePerSecond: number
  arrivals: 'constant' | 'poisson'
  /** Of the gaps between Poisson arrivals. */
  seed: number
  /** At most so many connections; beyond that requests wait in the generator, which counts as latency. */
  maxConnections: number
  rampSeconds: number
  windowSeconds: number
  timeoutSeconds: number
}

/** What the generator saw in one window of open load. */
export const openOutcomeSchema = z.strictObject({
  windowSeconds: nonNegative,
  /** Requests that were due in the window, per second, and answers that came in it. */
  offeredRps: nonNegative,
  achievedRps: nonNegative,
  /** From the instant at which each request was due, so waiting that the server caused is in it. */
  latencyUs: latencySchema,
  /** Base64 of a compressed HdrHistogram (V2), values in microseconds. */
  histogram: z.string(),
  requests: requestTallySchema,
  /** How long after they were due requests were really sent: the generator's own part of the latency. */
  latenessUs: z.strictObject({ p50: nonNegative, p99: nonNegative, max: nonNegative }),
  /** Requests under way when the window opened and when it closed: a queue that grows says that the rate is too high. */
  underWay: z.strictObject({ atOpen: z.int().nonnegative(), atClose: z.int().nonnegative() }),
  /** CPU seconds per second of window; the generator has one thread of load, so 1 is its limit. */
  generatorCpu: nonNegative,
  errorSamples: z.array(z.string()),
  statusCounts: z.record(z.string(), z.int().nonnegative()),
  /** By request, in order of the mix; absent where there is one request only. */
  routes: z.array(routeOutcomeSchema).optional(),
})
export type OpenOutcome = z.infer<typeof openOutcomeSchema>
