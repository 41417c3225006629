import autocannon from 'autocannon'
import type HttpClient from 'autocannon/lib/httpClient.js'
import type { LoadSpec } from '../result/load.js'
import { routesOf, type Address, type Route } from '../result/request.js'
import { type Connection, type LoadObserver, repairConnection } from './connection.js'
import { createDeck, uniform } from './deck.js'
import { checkClient } from './engine-check.js'

/** Load that is on until it is stopped. */
export interface Load {
  readonly connections: readonly Connection[]
  /** Every connection is closed at once; resolves when the engine has let go. */
  stop(): Promise<void>
}

// The engine's own end is far away, because we end it; it notices on its next tick that its clients are gone.
const FOREVER_SECONDS = 1_000_000
const TICK_MS = 10
/**
 * The connections are opened over the first part of the ramp, one after the other. Clients who all come in the same moment are shared by luck where
 * a server has no balancing of its own: of 32 bursts of 20 on two gevent workers that compute, seven were accepted by one worker
 * alone, which then carried half; of 78 trials in which they came one by one, none. Behind a proxy, or from users, they come one by one.
 */
const OPENING = { shareOfRamp: 0.25, mostMs: 50 }

// Its histograms (whole milliseconds, wrong correction) are not used, and must not cost anything.
const discard = {
  recordValue: ignore,
  recordValueWithExpectedInterval: ignore,
  destroy: ignore,
  __custom: true,
}

/**
 * Opens the connections in the first part of the ramp, at once where there is none, and keeps one request under way on each. Throws what the engine
 * says about its options.
 */
export function startLoad(spec: Omit<LoadSpec, 'windowSeconds'>, observer: LoadObserver): Load {
  const clients: HttpClient[] = []
  const connections: Connection[] = []
  const routes = routesOf(spec.request)
  const weights = routes.map(({ weight }) => weight)
  const next = createDeck(weights, uniform(spec.request.mix?.seed ?? 0))
  const sending = { routes, next, timeoutMs: spec.timeoutSeconds * 1000 }
  const openingMs = Math.min(OPENING.mostMs, OPENING.shareOfRamp * spec.rampSeconds * 1000)
  const setupClient = (client: HttpClient) => {
    checkClient(client)
    // Each client has built all requests for itself; one copy of their bodies is enough.
    client.requestIterator.requests = clients[0]?.requestIterator.requests ?? client.requestIterator.requests
    const openAfterMs = (clients.length * openingMs) / spec.connections
    clients.push(client)
    connections.push(repairConnection(client, { ...sending, openAfterMs }, observer))
  }

  const options = {
    ...destination(spec.address),
    connections: spec.connections,
    requests: routes.map(engineRequest),
    // Not below the engine's minimum; the real limit is set on each client.
    timeout: Math.max(1, spec.timeoutSeconds),
    duration: FOREVER_SECONDS,
    sampleInt: TICK_MS,
    skipAggregateResult: true,
    histograms: { latencies: discard, requests: discard, throughput: discard },
    setupClient,
  }
  let onEnd = ignore
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve
  })
  const instance = autocannon(options as unknown as autocannon.Options, (error: unknown) => {
    // The engine says what it thinks of its options before it returns.
    if (error instanceof Error) throw error
    onEnd()
  })
  return {
    connections,
    async stop() {
      for (const client of clients) client.destroy()
      instance.stop()
      await ended
    },
  }
}

function destination(address: Address): { url: string; socketPath?: string } {
  if ('socketPath' in address) return { url: 'http://localhost', socketPath: address.socketPath }
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return { url: `http://${host}:${address.port}` }
}

/** The engine writes the length of the body itself; a second one would make the request invalid. */
function engineRequest(request: Route): object {
  const { method, path, body } = request
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'content-length'),
  )
  return { method, path, headers, ...(body === null ? {} : { body }) }
}

function ignore(): void {
  // Deliberately nothing.
}
