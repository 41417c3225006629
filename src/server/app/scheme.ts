import type { IncomingMessage } from 'node:http'

/** Requests of which a trusted proxy said that the client came over TLS. */
const secured = new WeakSet<IncomingMessage>()

export function markSecure(request: IncomingMessage): void {
  secured.add(request)
}

export function saidToBeSecure(request: IncomingMessage): boolean {
  return secured.has(request)
}
