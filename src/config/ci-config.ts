import { z } from 'zod'

/** The `ci` section of the config file. Flags of `tune ci` win over it. */
export const ciConfigSchema = z.strictObject({
  /** `path[:export]` of the app, relative to the config file's folder. */
  app: z.string().optional(),
  /** Branch, tag or commit that the working tree is compared with. */
  baselineRef: z.string().optional(),
  /** Shell command that makes a checkout ready to run, in its own folder: `npm ci && npm run build`. */
  build: z.string().optional(),
  /** The request that is measured. */
  request: z
    .strictObject({
      path: z.string().optional(),
      method: z.string().optional(),
      headers: z.record(z.string(), z.string()).optional(),
      body: z.string().optional(),
    })
    .optional(),
  /** Client connections that the generator opens. */
  connections: z.int().min(1).max(10_000).optional(),
  /** Time for measuring, e.g. `60s`. */
  time: z.string().optional(),
  onInconclusive: z.enum(['pass', 'fail', 'warn']).optional(),
})
export type CiConfig = z.input<typeof ciConfigSchema>

export const budgetsConfigSchema = z.array(
  z.union([z.string(), z.strictObject({ limit: z.string(), level: z.enum(['error', 'warn']).optional() })]),
)
