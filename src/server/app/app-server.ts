import http from 'node:http'

/** Settings that an app makes on its own `http.Server`. */
const SETTINGS = [
  'timeout',
  'keepAliveTimeout',
  'headersTimeout',
  'requestTimeout',
  'maxHeadersCount',
  'maxRequestsPerSocket',
] as const

/** Events whose mere listener changes what Node does, so they are forwarded only when the app listens to them. */
const OPTIONAL_EVENTS = ['upgrade', 'connect', 'checkContinue', 'checkExpectation', 'timeout']

/**
 * Lets `server`, which owns the socket, serve what `appServer` was written to serve: its `request` and `upgrade` listeners
 * (those added later too) and every setting that differs from Node's default. `clientError` stays with `server`.
 */
export function forwardRequests(server: http.Server, appServer: http.Server): void {
  const untouched = http.createServer()
  copySettings(server, appServer, untouched)

  server.on('request', (request, response) => appServer.emit('request', request, response))
  const forwarders = new Map<string | symbol, (...values: unknown[]) => void>()
  const forward = (event: string | symbol) => {
    if (typeof event !== 'string' || !OPTIONAL_EVENTS.includes(event) || forwarders.has(event)) return
    const forwarder = (...values: unknown[]) => void appServer.emit(event, ...values)
    forwarders.set(event, forwarder)
    server.on(event, forwarder)
  }
  appServer.eventNames().forEach(forward)
  appServer.on('newListener', forward)
  // With nobody behind it, it would still look as if the app answered.
  appServer.on('removeListener', (event: string | symbol) => {
    const forwarder = forwarders.get(event)
    if (forwarder === undefined || appServer.listenerCount(event) > 0) return
    forwarders.delete(event)
    server.off(event, forwarder)
  })

  // Node's own listener would parse the connection a second time; the app's (socket tracking) shall see it.
  const nodes = new Set<unknown>(untouched.listeners('connection'))
  server.on('connection', (socket) => {
    for (const listener of appServer.listeners('connection')) {
      if (!nodes.has(listener)) listener.call(appServer, socket)
    }
  })
}

function copySettings(server: http.Server, from: http.Server, untouched: http.Server): void {
  const changed = SETTINGS.filter((name) => from[name] !== untouched[name])
  Object.assign(server, Object.fromEntries(changed.map((name) => [name, from[name]])))
}
