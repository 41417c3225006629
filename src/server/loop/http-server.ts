import http from 'node:http'
import type { Socket } from 'node:net'

/** Where the server hands over what Node would give to the app at once. */
export interface HttpHooks {
  /** `run` delivers the request to the app. `ended` must be called once, when it is answered or its client is gone. */
  onRequest(socket: Socket, run: () => void, whenEnded: (listener: (answered: boolean) => void) => void): void
  /** Must the response whose head is about to be written be the last of its connection? */
  mustClose(): boolean
}

/** Events that carry a request and its response, and those that carry a request and a raw socket. */
const REQUEST_EVENTS = new Set(['request', 'checkContinue', 'checkExpectation'])
const TAKEOVER_EVENTS = new Set(['upgrade', 'connect'])

/**
 * An `http.Server` that never listens: connections are given to it with `emit('connection')`, and its requests
 * pass through the hooks before any listener of the app sees them.
 */
export function createHttpServer(hooks: HttpHooks, options: { keepAliveSeconds: number }): http.Server {
  /** In place of `writeHead`, which every framework ends up calling; the prototype's own does the work. */
  function writeHead(this: http.ServerResponse, ...head: unknown[]): http.ServerResponse {
    if (hooks.mustClose()) this.shouldKeepAlive = false
    const prototype = Object.getPrototypeOf(this) as {
      writeHead: (...args: unknown[]) => http.ServerResponse
    }
    return prototype.writeHead.apply(this, head)
  }

  class Response extends http.ServerResponse {
    constructor(...args: ConstructorParameters<typeof http.ServerResponse>) {
      super(...args)
      // On the object itself: Express gives its responses another prototype.
      this.writeHead = writeHead as typeof this.writeHead
    }
  }

  class Server extends http.Server<typeof http.IncomingMessage, typeof Response> {
    override emit(event: string, ...args: unknown[]): boolean {
      const deliver = () => super.emit(event, ...args)
      if (REQUEST_EVENTS.has(event)) {
        const [request, response] = args as [http.IncomingMessage, http.ServerResponse]
        hooks.onRequest(request.socket, deliver, (ended) => {
          response.once('close', () => ended(response.writableEnded))
        })
        return true
      }
      if (TAKEOVER_EVENTS.has(event)) {
        // The request lasts as long as its socket.
        const [, socket] = args as [http.IncomingMessage, Socket]
        hooks.onRequest(socket, deliver, (ended) => socket.once('close', () => ended(true)))
        return true
      }
      return super.emit(event, ...args)
    }
  }

  const server = new Server({
    ServerResponse: Response,
    // Node checks the header and request timeouts only this often.
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: options.keepAliveSeconds * 1000,
  })
  // Node starts checking those timeouts when a server listens, which this one never does itself.
  server.emit('listening')
  return server
}
