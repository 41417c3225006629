import { z } from 'zod'

/** When a worker is replaced before what it keeps fills its room, in the words of `tune serve` and Gunicorn. */
export const recycleSchema = z.strictObject({
  maxRequests: z.int().positive(),
  maxRequestsJitter: z.int().nonnegative(),
})
export type Recycle = z.infer<typeof recycleSchema>

/** What a finding advises, and what the workers have kept by then, bytes in all. */
export const advisedRecycleSchema = recycleSchema.extend({ growthBytes: z.number().nonnegative().optional() })
export type AdvisedRecycle = z.infer<typeof advisedRecycleSchema>

/** Two runs measure the same leak that differently; half of the room, after which workers are to be replaced, leaves as much more. */
const SAME_LEAK = 1.25

/** Whether settings that are there replace a worker about as soon as these would. `maxRequests` of 0 is never. */
export function replacesAsSoon(present: Recycle, { maxRequests, maxRequestsJitter }: Recycle): boolean {
  return (
    present.maxRequests > 0 &&
    present.maxRequests + present.maxRequestsJitter <= SAME_LEAK * (maxRequests + maxRequestsJitter)
  )
}

/** Flags that `tune serve` and Gunicorn share. */
export function recycleFlags({ maxRequests, maxRequestsJitter }: Recycle): string {
  return `--max-requests ${maxRequests} --max-requests-jitter ${maxRequestsJitter}`
}
