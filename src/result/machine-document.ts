import { z } from 'zod'
import { configurationSchema } from './configuration.js'
import { SCHEMA_VERSION } from './document.js'
import { machineSchema } from './machine.js'
import { noiseCalibrationSchema } from './noise-calibration.js'

/** What `tune machine --json` prints: the machine, and what the classic rule makes of it. */
export const machineDocumentSchema = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.strictObject({ name: z.literal('tune-prefork'), version: z.string() }),
  command: z.literal('machine'),
  machine: machineSchema,
  heuristic: z.strictObject({
    /** 2N+1. */
    workers: z.int().positive(),
    evidence: z.literal('rule of thumb'),
    configurations: z.strictObject({
      sync: configurationSchema,
      threaded: configurationSchema,
      async: configurationSchema,
    }),
  }),
  /** Present when it was measured (`--noise`). */
  noise: noiseCalibrationSchema.optional(),
})
export type MachineDocument = z.infer<typeof machineDocumentSchema>
