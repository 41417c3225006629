import { z } from 'zod'

/** The request that every connection of the generator repeats. */
export const requestSchema = z.strictObject({
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().nullable(),
})
export type RequestSpec = z.infer<typeof requestSchema>

/** Where a target listens. */
export type Address = { host: string; port: number } | { socketPath: string }
