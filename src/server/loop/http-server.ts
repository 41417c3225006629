import type { EventEmitter } from 'node:events'
import http from 'node:http'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { holdUntilReceived, guardTrailers } from './request-body.js'
import { refusalOf, type Refusal, type RequestLimits } from './strict-http.js'

/** Who is told how a request comes to its end. */
export interface ArrivalWatcher {
  /** The app has said all it has to say; its slot is free, though the client may still be reading. */
  answered(): void
  /** Nothing is left to be done for it. `complete` is false when the client went before the answer. */
  closed(complete: boolean): void
}

/** A request on its way to the app. */
export interface Arrival {
  socket: Socket
  request: http.IncomingMessage
  /** `null` when the app gets the raw socket, as for a WebSocket. */
  response: http.ServerResponse | null
  /**
   * One watcher, from before it is delivered.
   *
   * @param ofAnswer also of the answer where it comes before the end; to be told costs something in every request.
   */
  watch(watcher: ArrivalWatcher, ofAnswer: boolean): void
  /** Delivers it. */
  run(): void
}

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

/** What the arrival of a request is found by when its response closes. */
const ARRIVAL = Symbol('arrival')
/** Where a response keeps what was on it in place of Node's own functions before ours were. */
const HEAD_BEFORE = Symbol('writeHead')
const END_BEFORE = Symbol('end')
/** Room for header fields beside the request line; one field alone may not fill it. */
const HEADER_BYTES = 32 * 1024
const LINGER_MS = 1000
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
    if (refusedSockets.has(socket) || socket._httpMessage?._last === true) return
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
    // With every further packet the parser fails anew.
    if (refusedSockets.has(socket)) return
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
 * Refuses on the bare socket, after the answers to the requests before: earlier, the client would take it for the answer to the first of them.
 *
 * @param request the refused one, where it has a response: not before its head was read, and not where it wants the socket itself.
 */
function refuseInTurn(socket: HttpSocket, refusal: Refusal, request: http.IncomingMessage | null): void {
  const pending = socket._httpMessage
  if (!pending || pending.req === request) {
    // A response that is not pending any more was sent before its request had ended.
    refuseRaw(socket, refusal, pending ? pending.headersSent : request !== null)
    return
  }
  // Node's own listener came first: the next response has the socket by then, unless this was to be the last.
  pending.once('finish', () => {
    if (socket.writable && pending._last !== true) refuseInTurn(socket, refusal, request)
  })
}

type KnownResponse = http.ServerResponse & {
  [ARRIVAL]?: RequestArrival
  [HEAD_BEFORE]?: Inner
  [END_BEFORE]?: Inner
}

/** Ends the connection behind the answer to this request, which is about to be given. */
function endAfterAnswer(socket: HttpSocket, request: http.IncomingMessage): void {
  const pending = socket._httpMessage
  if (!pending) return
  // Node's own listener came first: the next response has the socket by then.
  pending.once('finish', () => {
    if (pending.req !== request) endAfterAnswer(socket, request)
    else if (socket.writable) endLingering(socket)
  })
}

/** As `Exchange`, an object with methods because it is made for every request. */
class RequestArrival implements Arrival {
  readonly socket: Socket
  readonly request: http.IncomingMessage
  readonly response: KnownResponse
  watcher: ArrivalWatcher | null = null
  readonly #server: http.Server
  readonly #event: string

  constructor(server: http.Server, event: string, request: http.IncomingMessage, response: KnownResponse) {
    this.socket = request.socket
    this.request = request
    this.response = response
    this.#server = server
    this.#event = event
  }

  run(): void {
    // The server's own would judge it again. Tracers put themselves into this one.
    const prototype: EventEmitter = http.Server.prototype
    prototype.emit.call(this.#server, this.#event, this.request, this.response)
  }

  watch(watcher: ArrivalWatcher, ofAnswer: boolean): void {
    const { response } = this
    this.watcher = watcher
    response[ARRIVAL] = this
    if (ofAnswer) response.on('prefinish', tellAnswered)
    response.on('close', tellClosed)
  }
}

/** One function for all responses: V8 looks for the code of each new one when it is first called. */
function tellAnswered(this: http.ServerResponse): void {
  ;(this as KnownResponse)[ARRIVAL]?.watcher?.answered()
}

function tellClosed(this: http.ServerResponse): void {
  ;(this as KnownResponse)[ARRIVAL]?.watcher?.closed(this.writableEnded)
}

function takeoverArrival(request: http.IncomingMessage, socket: Socket, run: () => void): Arrival {
  // The request lasts as long as its socket.
  const watch = (watcher: ArrivalWatcher) => {
    socket.once('close', () => {
      watcher.closed(true)
    })
  }
  return { socket, request, response: null, run, watch }
}

function refuse(response: http.ServerResponse, { status, reason }: Refusal): void {
  const body = `${status} ${http.STATUS_CODES[status] ?? ''}: ${reason}\n`
  response.shouldKeepAlive = false
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) })
  response.end(body)
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

const lingering = new WeakSet<Duplex>()

/** Answers on the bare socket. */
function refuseRaw(socket: Duplex, { status }: Refusal, headSent: boolean): void {
  if (lingering.has(socket)) return
  if (headSent || !socket.writable) {
    socket.destroy()
    return
  }
  endLingering(socket, `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`)
}

/**
 * Says the last, then reads on for a moment: closed with unread bytes in it, the connection would be reset, and a client who is still
 * sending would lose the answer.
 */
function endLingering(socket: Duplex, last = ''): void {
  lingering.add(socket)
  socket.end(last)
  socket.resume()
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}

const BROKEN: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

type ParserError = NodeJS.ErrnoException & { rawPacket?: Buffer; bytesParsed?: number }
type HttpSocket = Socket & {
  _httpMessage?: (http.ServerResponse & { _last?: boolean }) | null
  parser?: { incoming?: http.IncomingMessage | null } | null
}

/**
 * What the parser itself could not read. A target that alone fills the buffer is a long target, not a long header.
 *
 * @returns `null` for a connection that broke.
 */
function refusalOfBroken(error: ParserError, socket: Socket): Refusal | null {
  const { code = '', rawPacket, message } = error
  if (!code.startsWith('HPE_') && !(code in BROKEN)) return null
  const status = BROKEN[code] ?? 400
  const firstPacket = rawPacket?.length === socket.bytesRead
  const longTarget = status === 431 && firstPacket && !rawPacket.includes('\n')
  return { status: longTarget ? 414 : status, reason: message }
}
