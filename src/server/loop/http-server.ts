import http from 'node:http'
import type { Socket } from 'node:net'
import { RequestArrival, takeoverArrival, type Arrival } from './arrival.js'
import { endAfterAnswer, refusalOfBroken, refuse, refuseInTurn, type ParserError } from './refusing.js'
import { givesLast, type HttpSocket } from './http-socket.js'
import { endLingeringAfter, isLingering } from './lingering.js'
import { holdUntilReceived, guardTrailers } from './request-body.js'
import { refusalOf, type Refusal, type RequestLimits } from './strict-http.js'

/** Where the server hands over what Node would give to the app at once. */
export interface HttpHooks {
  /** A last word on a request that passed the strict gate; may also change its headers. */
  judge(request: http.IncomingMessage): Refusal | null
  onRequest(arrival: Arrival): void
  /** A request was turned away by the server itself; `null` when it could not even be read. */
  onRefused(refusal: Refusal, socket: Socket, request: http.IncomingMessage | null): void
  /** The last of a response to a request that arrived is about to be written. `null` where nobody wants to know. */
  onEnd: ((socket: Socket) => void) | null
  /** Must the response whose head is about to be written be the last of its connection? Asked for each request that arrived. */
  mustClose(): boolean
}

export interface HttpOptions extends RequestLimits {
  keepAliveSeconds: number
  headerTimeoutSeconds: number
  bodyTimeoutSeconds: number
  /** Keep a request from the app until its body, or as much of it as is buffered, has come. */
  holdBodies: boolean
}

/** `writeHead` or `end`, with whatever Node and frameworks give them. */
type Inner = (...values: unknown[]) => http.ServerResponse
/** Where a response keeps what was on it in place of Node's own functions before ours were. */
const HEAD_BEFORE = Symbol('writeHead')
const END_BEFORE = Symbol('end')
type KnownResponse = http.ServerResponse & { [HEAD_BEFORE]?: Inner; [END_BEFORE]?: Inner }
/** Room for header fields beside the request line; one field alone may not fill it. */
const HEADER_BYTES = 32 * 1024
/** Registered below for `connect` and `checkExpectation`, so that what the app does not take is answered. */
const OWN_LISTENERS = 1

/**
 * An `http.Server` that never listens: connections are given to it with `emit('connection')`, and its requests
 * pass the strict gate and the hooks before any listener of the app sees them.
 */
export function createHttpServer(hooks: HttpHooks, options: HttpOptions): http.Server {
  /** In place of `writeHead`, which every framework ends up calling; the one before does the work. */
  function writeHead(this: KnownResponse, ...head: unknown[]): http.ServerResponse {
    if (hooks.mustClose()) this.shouldKeepAlive = false
    const before = this[HEAD_BEFORE] ?? (Object.getPrototypeOf(this) as { writeHead: Inner }).writeHead
    return before.apply(this, head)
  }

  /** In place of `end`, in the same way. */
  function end(this: KnownResponse, ...rest: unknown[]): http.ServerResponse {
    if (this.socket !== null) hooks.onEnd?.(this.socket)
    const before = this[END_BEFORE] ?? (Object.getPrototypeOf(this) as { end: Inner }).end
    return before.apply(this, rest)
  }

  /**
   * On the object itself, as Express gives its responses another prototype. In a class of ours Node would fill each response more slowly than
   * in its own: 1 to 3 % of the CPU of a short request.
   */
  function listenIn(response: KnownResponse): void {
    // Whoever subscribes to `http.server.request.start` has seen it before us.
    if (Object.hasOwn(response, 'writeHead'))
      response[HEAD_BEFORE] = Reflect.get(response, 'writeHead') as Inner
    response.writeHead = writeHead
    if (hooks.onEnd === null) return
    if (Object.hasOwn(response, 'end')) response[END_BEFORE] = Reflect.get(response, 'end') as Inner
    response.end = end
  }

  /** What follows on the connection of a refused request may be part of it: nobody reads it as a request. */
  const refusedSockets = new Set<Socket>()
  const refuseFurther = (socket: Socket) => {
    refusedSockets.add(socket)
    socket.once('close', () => refusedSockets.delete(socket))
  }

  class Server extends http.Server {
    override emit(event: string, ...args: unknown[]): boolean {
      const what = whatComesWith(event)
      if (what === 'nothing') return super.emit(event, ...args)
      const takeover = what === 'socket'
      const request = args[0] as http.IncomingMessage
      const target = args[1] as KnownResponse | Socket
      const { socket } = request
      if (takeover) mindLeftAlone(socket)
      if (refusedSockets.size > 0 && refusedSockets.has(socket)) return true
      // Behind an answer that was the last: nobody could be told what came of it.
      if (!takeover && (socket.writableEnded || givesLast(socket))) {
        refuseFurther(socket)
        endLingeringAfter(socket)
        return true
      }
      const refusal =
        refusalOf(request, options) ?? (takeover ? this.#refuseTunnel(event) : null) ?? hooks.judge(request)
      if (refusal !== null) {
        refuseFurther(socket)
        hooks.onRefused(refusal, socket, request)
        if (takeover) refuseInTurn(socket, refusal, null)
        else refuse(target as http.ServerResponse, refusal)
        return true
      }
      if (takeover) this.#takenOver(request, target as Socket, event, args)
      else this.#arrived(event, request, target as KnownResponse)
      return true
    }

    #takenOver(request: http.IncomingMessage, socket: Socket, event: string, args: unknown[]): void {
      const run = () => void super.emit(event, ...args)
      hooks.onRequest(takeoverArrival(request, socket, run))
    }

    /** Node would close the connection of a CONNECT that nobody listens to, without a word. */
    #refuseTunnel(event: string): Refusal | null {
      const unwanted = event === 'connect' && this.listenerCount('connect') === OWN_LISTENERS
      return unwanted ? { status: 501, reason: 'the app opens no tunnels' } : null
    }

    /** What needs closures is done elsewhere: a function that holds one makes a place for what they share whenever it is called. */
    #arrived(event: string, request: http.IncomingMessage, response: KnownResponse) {
      listenIn(response)
      const arrival = new RequestArrival(this, event, request, response)
      if (request.headers['transfer-encoding'] !== undefined) this.#guard(request)
      // A client who waits for `100 Continue` sends nothing until the app has been asked.
      if (options.holdBodies && event === 'request') this.#hold(request, arrival)
      else hooks.onRequest(arrival)
    }

    #guard(request: http.IncomingMessage) {
      guardTrailers(request, () => {
        const refusal = { status: 400, reason: 'a trailer field that is not allowed' }
        refuseFurther(request.socket)
        hooks.onRefused(refusal, request.socket, request)
        refuseInTurn(request.socket, refusal, request)
      })
    }

    #hold(request: http.IncomingMessage, arrival: Arrival) {
      holdUntilReceived(request, () => {
        // One that ran into a timeout while it waited for its body has had its answer.
        if (!refusedSockets.has(request.socket)) hooks.onRequest(arrival)
      })
    }
  }

  const server = new Server({
    // Node checks the header and request timeouts only this often.
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: options.keepAliveSeconds * 1000,
    maxHeaderSize: options.limitRequestLineBytes + HEADER_BYTES,
    // Said outright: NODE_OPTIONS=--insecure-http-parser must not reach a server.
    insecureHTTPParser: false,
    // The gate does it, so that such a request is refused as all others are.
    requireHostHeader: false,
  })
  server.headersTimeout = options.headerTimeoutSeconds * 1000
  server.requestTimeout = options.bodyTimeoutSeconds * 1000
  // Node would cut the list off and go on. The gate counts instead.
  server.maxHeadersCount = 0
  // Node starts checking those timeouts when a server listens, which this one never does itself.
  server.emit('listening')
  // Without a listener Node does not ask. This one is never called: emit refuses, unless the app has another.
  server.on('connect', () => undefined)
  // `maxRequestsPerSocket` of an app's own server. Node's answer says `Connection: close`, but the connection would stay.
  server.on('dropRequest', (request: http.IncomingMessage, socket: HttpSocket) => {
    // Behind an answer that ends the connection it has none.
    if (refusedSockets.has(socket) || givesLast(socket)) return
    refuseFurther(socket)
    hooks.onRefused({ status: 503, reason: 'too many requests on its connection' }, socket, request)
    endAfterAnswer(socket, request)
  })
  // Without a listener Node answers at once, past the admission and the access log.
  server.on('checkExpectation', (_request: http.IncomingMessage, response: http.ServerResponse) => {
    if (server.listenerCount('checkExpectation') > OWN_LISTENERS) return
    response.writeHead(417)
    response.end()
  })
  server.on('clientError', (error: ParserError, socket: HttpSocket) => {
    // He has said that no request would follow. Whatever does is nobody's, and must not cost him the answer that is on its way.
    if (error.code === 'HPE_CLOSED_CONNECTION' && socket._httpMessage) return
    const refusal = refusalOfBroken(error, socket)
    if (refusal === null) {
      socket.destroy()
      return
    }
    // With every further packet the parser fails anew, and of a body that it is spared it misses the end.
    if (refusedSockets.has(socket) || isLingering(socket)) return
    refuseFurther(socket)
    hooks.onRefused(refusal, socket, null)
    const incoming = socket.parser?.incoming ?? null
    refuseInTurn(socket, refusal, incoming?.complete === false ? incoming : null)
  })
  return server
}

/** The events that bring a request carry its response or a raw socket beside it. Compared one by one, as this is asked in every request. */
function whatComesWith(event: string): 'response' | 'socket' | 'nothing' {
  switch (event) {
    case 'request':
    case 'checkContinue':
    case 'checkExpectation':
      return 'response'
    case 'upgrade':
    case 'connect':
      return 'socket'
    default:
      return 'nothing'
  }
}

/**
 * Node takes its listeners from a socket before it hands it over, and its new owner may have to wait for it. Meanwhile a client who breaks
 * off must not end the worker, and an answer that goes before must learn when there is room for more of it.
 */
function mindLeftAlone(socket: HttpSocket): void {
  socket.on('error', goneAlready)
  if (socket._httpMessage) socket.on('drain', () => socket._httpMessage?.emit('drain'))
}

function goneAlready(): void {
  // `close` follows.
}
