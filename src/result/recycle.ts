import { z } from 'zod'

/** When a worker is replaced before what it keeps fills its room, in the words of `tune serve` and Gunicorn. */
export const recycleSchema = z.strictObject({
  maxRequests: z.int().positive(),
  maxRequestsJitter: z.int().positive(),
})
export type Recycle = z.infer<typeof recycleSchema>

/** Flags that `tune serve` and Gunicorn share. */
export function recycleFlags({ maxRequests, maxRequestsJitter }: Recycle): string {
  return `--max-requests ${maxRequests} --max-requests-jitter ${maxRequestsJitter}`
}
