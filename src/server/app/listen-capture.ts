import http from 'node:http'
import net from 'node:net'
import { parseListen, type ListenRequest } from './listen-arguments.js'
import { pretendListening } from './pretend-listening.js'

/** What a self-listening module's `server.address()` must report: the address that the arbiter has bound. */
export interface ListenContext {
  address(): net.AddressInfo | string | null
}

/** Watches the `listen` calls of an app. The first one on an `http.Server` is the app's door. */
export interface ListenCapture {
  server(): http.Server | null
  /** Whether the app has asked for a port that this server cannot serve (HTTPS, HTTP/2). */
  sawEncrypted(): boolean
  /** The captured server as soon as there is one, `null` after `ms`. */
  wait(ms: number): Promise<http.Server | null>
  /** Puts Node's `listen` back. */
  release(): void
}

const ownServers = new WeakSet<net.Server>()

/** `server` is the worker's own: its `listen` is never taken for the app's. */
export function keepListening(server: net.Server): void {
  ownServers.add(server)
}

/**
 * Replaces `listen` of every server in this thread. Nothing that the app listens on is bound, since a second worker
 * could not bind it again: the first HTTP server gets the inherited socket, later ones (a metrics port) pretend to
 * listen and `warn` says so. Port 0 and raw TCP servers collide with nobody, so from the second `listen` on they pass.
 */
export function captureListen(
  context: ListenContext,
  warn: (message: string) => void = warnOnStderr,
): ListenCapture {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with `apply` below
  const original = net.Server.prototype.listen
  const waiting = new Set<(server: http.Server) => void>()
  let first: { server: http.Server; request: ListenRequest } | null = null
  let encrypted = false

  function listen(this: net.Server, ...args: unknown[]): net.Server {
    const request = parseListen(args)
    if (ownServers.has(this) || !servesHttp(this))
      return original.apply(this, args as Parameters<typeof original>)
    const plain = isPlainHttp(this)
    if (plain && (first === null || first.server === this)) {
      first = { server: this, request }
      pretendListening(this, () => context.address(), request)
      for (const resolve of waiting) resolve(this)
      return this
    }
    if (request.port === 0) return original.apply(this, args as Parameters<typeof original>)
    if (!plain) encrypted = true
    // Fastify listens on ::1 and 127.0.0.1 for "localhost": the same door twice is nothing to report.
    if (!isSameDoor(request)) warn(notOpened(request, plain))
    const address = request.path ?? {
      address: request.host ?? '::',
      port: request.port ?? 0,
      family: request.host?.includes('.') ? 'IPv4' : 'IPv6',
    }
    pretendListening(this, () => address, request)
    return this
  }

  function isSameDoor({ port, path }: ListenRequest): boolean {
    if (first === null || path !== null) return false
    const address = context.address()
    return port === first.request.port || (typeof address === 'object' && port === address?.port)
  }

  net.Server.prototype.listen = listen as typeof original
  return {
    server: () => first?.server ?? null,
    sawEncrypted: () => encrypted,
    wait: (ms) =>
      new Promise((resolve) => {
        const settle = (server: http.Server | null) => {
          clearTimeout(timer)
          waiting.delete(settle)
          resolve(server)
        }
        const timer = setTimeout(settle, first === null ? ms : 0, first?.server ?? null)
        waiting.add(settle)
      }),
    release: () => {
      if (net.Server.prototype.listen === (listen as typeof original)) net.Server.prototype.listen = original
    },
  }
}

function isPlainHttp(server: net.Server): server is http.Server {
  return server instanceof http.Server
}

function servesHttp(server: net.Server): boolean {
  return isPlainHttp(server) || server.listenerCount('request') > 0 || server.listenerCount('stream') > 0
}

function notOpened({ port, path }: ListenRequest, plain: boolean): string {
  const door = path ?? `port ${port ?? 0}`
  const why = plain
    ? 'every worker runs this module and only one of them could open it'
    : 'give tune serve the certificate with --certfile, and let the module listen with plain HTTP'
  return `the app also listens on ${door}, which stays closed: ${why}`
}

function warnOnStderr(message: string): void {
  process.emitWarning(message, { type: 'TuneWarning', code: 'TUNE_W_LISTEN' })
}
