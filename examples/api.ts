/**
 * A small shop API, as many teams have one: orders come from a database, prices are computed, the dashboard does both.
 * There is nothing about tune in it; it is an ordinary `(req, res)` app.
 *
 *   tune serve examples/api.ts
 *   tune analyze examples/api.ts                     the dashboard
 *   tune analyze examples/api.ts --path /orders/42   waits for the database
 *   tune analyze examples/api.ts --path '/quote?weight=12&zip=8001'   computes
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { findOrder, latestOrders } from './api/orders.js'
import { cheapestRoute } from './api/shipping.js'

type Route = (url: URL, ...matched: string[]) => unknown

const routes: [pattern: RegExp, route: Route][] = [
  [/^\/$/, dashboard],
  [/^\/orders\/(\d+)$/, order],
  [/^\/quote$/, quote],
  [/^\/healthz$/, () => ({ status: 'ok' })],
]

/** Waits for the latest orders, then computes what shipping them costs. */
async function dashboard(): Promise<unknown> {
  const orders = await latestOrders(5)
  const shipping = orders.map(({ id, zip, weightKg }) => ({ id, ...cheapestRoute(zip, weightKg) }))
  return { open: orders.length, totalCents: orders.reduce((sum, { cents }) => sum + cents, 0), shipping }
}

/** Waits. */
async function order(_url: URL, id = ''): Promise<unknown> {
  return (await findOrder(Number(id))) ?? notFound(`no order ${id}`)
}

/** Computes. */
function quote(url: URL): unknown {
  const zip = Number(url.searchParams.get('zip') ?? 8001)
  const weightKg = Number(url.searchParams.get('weight') ?? 1)
  if (!(zip >= 1000 && zip <= 9999) || !(weightKg > 0))
    throw new HttpError(400, 'zip is 1000 to 9999, weight above 0')
  return cheapestRoute(zip, weightKg)
}

export default async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    for (const [pattern, route] of routes) {
      const match = pattern.exec(url.pathname)
      if (match) {
        send(response, 200, await route(url, ...match.slice(1)))
        return
      }
    }
    notFound(`nothing at ${url.pathname}`)
  } catch (error) {
    if (error instanceof HttpError) send(response, error.status, { error: error.message })
    else send(response, 500, { error: 'internal error' })
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function notFound(message: string): never {
  throw new HttpError(404, message)
}
