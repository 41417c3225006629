import { z } from 'zod'

/** A latency objective such as p99 < 50 ms. */
export const objectiveSchema = z.strictObject({
  percentile: z.enum(['p50', 'p95', 'p99']),
  limitUs: z.number().positive(),
})
export type Objective = z.infer<typeof objectiveSchema>

/** `p99<50ms`, as the flag takes it. */
export function objectiveText({ percentile, limitUs }: Objective): string {
  return `${percentile}<${limitUs / 1000}ms`
}
