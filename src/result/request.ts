import { z } from 'zod'

/** What an answer must be to count as a good one. Without a status, any 2xx is. */
export const expectationSchema = z.strictObject({
  /** Any of these. */
  status: z.array(z.int().min(200).max(599)).min(1).optional(),
  bodyIncludes: z.string().min(1).optional(),
  bodyEquals: z.string().optional(),
})
export type Expectation = z.infer<typeof expectationSchema>

const requestFields = {
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().nullable(),
  expect: expectationSchema.optional(),
}

/** One of several requests; of `weights` 3 and 1, the first is sent three times as often. */
export const routeSchema = z.strictObject({
  name: z.string(),
  weight: z.number().positive(),
  ...requestFields,
})
export type Route = z.infer<typeof routeSchema>

/**
 * What every connection of the generator sends, again and again: one request, or with `mix` several in turn. The fields beside a mix are
 * those of its first request, which is also what a server is asked to see whether it is up.
 */
export const requestSchema = z.strictObject({
  ...requestFields,
  mix: z
    .strictObject({
      name: z.string(),
      /** Of the order in which the requests are sent. */
      seed: z.int().nonnegative(),
      routes: z.array(routeSchema).min(2),
    })
    .optional(),
})
export type RequestSpec = z.infer<typeof requestSchema>

/** The requests that are sent; one without a mix. */
export function routesOf(request: RequestSpec): [Route, ...Route[]] {
  const [first, ...others] = request.mix?.routes ?? []
  if (first !== undefined) return [first, ...others]
  const { method, path, headers, body, expect } = request
  const single = { name: `${method} ${path}`, weight: 1, method, path, headers, body }
  return [expect === undefined ? single : { ...single, expect }]
}

/** `GET /orders`, or `shop.json, 4 requests` for a mix. */
export function requestText({ method, path, mix }: RequestSpec): string {
  return mix === undefined ? `${method} ${path}` : `${mix.name}, ${mix.routes.length} requests`
}

/** Where a target listens. */
export type Address = { host: string; port: number } | { socketPath: string }
