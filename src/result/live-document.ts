import { z } from 'zod'
import { findingSchema } from './analysis.js'
import { configurationSchema } from './configuration.js'
import { SCHEMA_VERSION } from './document.js'
import { machineSchema } from './machine.js'

const nonNegative = z.number().nonnegative()

/** What a running server did between the first and the last reading. No load was added. */
export const liveTrafficSchema = z.strictObject({
  seconds: nonNegative,
  readings: z.int().positive(),
  requests: z.int().nonnegative(),
  throughputRps: nonNegative,
  cpuMsPerRequest: nonNegative.nullable(),
  loopMsPerRequest: nonNegative.nullable(),
  cpuCores: nonNegative.nullable(),
  /** Busy share of event loops, 0 to 1. */
  loopUtilization: z.strictObject({ mean: nonNegative, highest: nonNegative }),
  /** Part of the slots that were taken, in the mean of the readings. */
  slotUtilization: nonNegative,
  connections: nonNegative,
  /** Requests that the app has, or whose answers are not yet sent, in the mean of the readings. */
  requestsUnderWay: nonNegative,
  /** The lowest of the readings: so many were under way all along, the same ones where few came. */
  leastUnderWay: nonNegative,
  /** Clients in the kernel's queue, in the mean of the readings. */
  waiting: nonNegative,
  /** Readings in which there was one at all. */
  waitingReadings: z.int().nonnegative(),
  restarts: z.int().nonnegative(),
  timedOut: z.int().nonnegative(),
  /** Requests of the busiest worker divided by the mean, of workers that served all along; `null` where there are not two. */
  imbalance: nonNegative.nullable(),
  pssBytes: nonNegative.nullable(),
})
export type LiveTraffic = z.infer<typeof liveTrafficSchema>

export const liveVerdictSchema = z.enum(['fits', 'too-small', 'too-large', 'cpu-full', 'idle', 'unknown'])
export type LiveVerdict = z.infer<typeof liveVerdictSchema>

/** What `tune analyze --attach` prints with --json. */
export const liveDocumentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  command: z.literal('attach'),
  status: z.enum(['complete', 'interrupted']),
  /** The window that was asked for; `traffic.seconds` is the one that was read. */
  askedSeconds: z.number().positive(),
  /** CPUs, memory and open files are what the server may use; where that cannot be read, a warning says whose they are. */
  machine: machineSchema,
  arbiterPid: z.int().positive(),
  configuration: configurationSchema,
  traffic: liveTrafficSchema,
  verdict: liveVerdictSchema,
  suggestion: configurationSchema.nullable(),
  reasons: z.array(z.string()),
  findings: z.array(findingSchema),
  warnings: z.array(z.string()),
})
export type LiveDocument = z.infer<typeof liveDocumentSchema>
