/**
 * A small shipping service, to try `tune` on:
 *
 *     npx tune analyze examples/api.ts                      # the dashboard: waits, then computes a little
 *     npx tune analyze examples/api.ts --path /orders/17    # only waits, for a (simulated) database
 *     npx tune analyze examples/api.ts --path '/quote?from=Lyon&to=Rome&kg=2'   # only computes
 *     npx tune serve   examples/api.ts --workers 2
 *
 * The module exports a plain `(req, res)` handler and never calls listen(): the server decides where to listen and how
 * many processes run this code. Every process has a store of its own, as if all read from the same database.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

// --- The data ------------------------------------------------------------------------------------------------------

interface Order {
  id: number
  from: string
  to: string
  kg: number
  status: 'packed' | 'under way' | 'delivered'
}

interface Depot {
  name: string
  /** Kilometres east and north of the south-western corner of the map. */
  x: number
  y: number
}

const CITIES = ['Athens', 'Berlin', 'Dublin', 'Lisbon', 'Lyon', 'Oslo', 'Porto', 'Prague', 'Rome', 'Vienna']
const STATUSES = ['packed', 'under way', 'delivered'] as const

/** The cities and the many small depots between them, always at the same places. */
const depots: Depot[] = Array.from({ length: 250 }, (_, index) => ({
  name: CITIES[index] ?? `depot ${index}`,
  x: (index * 7919) % 1009,
  y: (index * 6007) % 1013,
}))

const orders = new Map<number, Order>()
for (let id = 1; id <= 500; id++) {
  const from = CITIES[id % CITIES.length] ?? ''
  const to = CITIES[(id * 3 + 1) % CITIES.length] ?? ''
  orders.set(id, { id, from, to, kg: 1 + ((id * 13) % 40), status: STATUSES[id % 3] ?? 'packed' })
}

// --- The database: in memory, but as far away as a real one ------------------------------------------------------------

const QUERY_MS = 12

/** The process has nothing to do while it waits for the answer, so it can serve other requests. */
async function findOrder(id: number): Promise<Order | undefined> {
  await sleep(QUERY_MS)
  return orders.get(id)
}

async function latestOrders(count: number): Promise<Order[]> {
  await sleep(QUERY_MS)
  return [...orders.values()].slice(-count)
}

async function countByStatus(): Promise<Record<string, number>> {
  await sleep(QUERY_MS)
  const counts: Record<string, number> = {}
  for (const { status } of orders.values()) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

// --- The route: pure computing, nothing else happens in this process meanwhile -------------------------------------------

const MAX_HOP_KM = 150

/** Length of the shortest way over depots at most 150 km apart (Dijkstra's algorithm), `null` when there is none. */
function shortestRouteKm(from: string, to: string): number | null {
  const open = new Set(depots.map((depot) => ({ ...depot, km: depot.name === from ? 0 : Infinity })))
  while (open.size > 0) {
    const here = [...open].reduce((nearest, depot) => (depot.km < nearest.km ? depot : nearest))
    if (here.km === Infinity) return null
    if (here.name === to) return here.km
    open.delete(here)
    for (const depot of open) {
      const hopKm = Math.hypot(depot.x - here.x, depot.y - here.y)
      if (hopKm <= MAX_HOP_KM) depot.km = Math.min(depot.km, here.km + hopKm)
    }
  }
  return null
}

function quote(from: string, to: string, kg: number) {
  const km = shortestRouteKm(from, to)
  if (km === null) return null
  return { from, to, kg, km: Math.round(km), euro: Number((4 + km * Math.sqrt(kg) * 0.01).toFixed(2)) }
}

// --- The routes of the API -------------------------------------------------------------------------------------------------

/** Both kinds of work: two queries at the same time, then a price for each of the latest orders. */
async function dashboard(response: ServerResponse): Promise<void> {
  const [latest, counts] = await Promise.all([latestOrders(2), countByStatus()])
  const shipments = latest.map((order) => ({
    ...order,
    price: quote(order.from, order.to, order.kg)?.euro ?? null,
  }))
  sendJson(response, 200, { counts, shipments })
}

async function showOrder(response: ServerResponse, id: string): Promise<void> {
  const order = await findOrder(Number(id))
  if (order === undefined) sendJson(response, 404, { error: `there is no order ${id}` })
  else sendJson(response, 200, order)
}

function showQuote(response: ServerResponse, query: URLSearchParams): void {
  const from = query.get('from') ?? ''
  const to = query.get('to') ?? ''
  const kg = Number(query.get('kg') ?? 1)
  if (!CITIES.includes(from) || !CITIES.includes(to) || !(kg > 0)) {
    sendJson(response, 400, { error: 'from and to must be cities, kg a positive number', cities: CITIES })
    return
  }
  const price = quote(from, to, kg)
  if (price === null) sendJson(response, 404, { error: `no way leads from ${from} to ${to}` })
  else sendJson(response, 200, price)
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** What `tune` serves. An error thrown here becomes a 500 and is logged; the process goes on. */
export default async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const orderId = /^\/orders\/(\d+)$/.exec(pathname)?.[1]
  if (request.method !== 'GET') sendJson(response, 405, { error: 'only GET' })
  else if (pathname === '/') await dashboard(response)
  else if (orderId !== undefined) await showOrder(response, orderId)
  else if (pathname === '/quote') showQuote(response, searchParams)
  else if (pathname === '/healthz') sendJson(response, 200, { status: 'ok' })
  else sendJson(response, 404, { error: 'not found' })
}
