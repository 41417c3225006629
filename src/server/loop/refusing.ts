import http from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Refusal } from './strict-http.js'

const LINGER_MS = 1000

/** With what Node's HTTP server keeps on it. */
export type HttpSocket = Socket & {
  _httpMessage?: (http.ServerResponse & { _last?: boolean }) | null
  parser?: { incoming?: http.IncomingMessage | null } | null
}

export function refuse(response: http.ServerResponse, { status, reason }: Refusal): void {
  const body = `${status} ${http.STATUS_CODES[status] ?? ''}: ${reason}\n`
  response.shouldKeepAlive = false
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/**
 * Refuses on the bare socket, after the answers to the requests before: earlier, the client would take it for the answer to the first of them.
 *
 * @param request the refused one, where it has a response: not before its head was read, and not where it wants the socket itself.
 */
export function refuseInTurn(
  socket: HttpSocket,
  refusal: Refusal,
  request: http.IncomingMessage | null,
): void {
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

/** Ends the connection behind the answer to this request, which is about to be given. */
export function endAfterAnswer(socket: HttpSocket, request: http.IncomingMessage): void {
  const pending = socket._httpMessage
  if (!pending) return
  // Node's own listener came first: the next response has the socket by then.
  pending.once('finish', () => {
    if (pending.req !== request) endAfterAnswer(socket, request)
    else if (socket.writable) endLingering(socket)
  })
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

export type ParserError = NodeJS.ErrnoException & { rawPacket?: Buffer; bytesParsed?: number }

/**
 * What the parser itself could not read. A target that alone fills the buffer is a long target, not a long header.
 *
 * @returns `null` for a connection that broke.
 */
export function refusalOfBroken(error: ParserError, socket: Socket): Refusal | null {
  const { code = '', rawPacket, message } = error
  if (!code.startsWith('HPE_') && !(code in BROKEN)) return null
  const status = BROKEN[code] ?? 400
  const firstPacket = rawPacket?.length === socket.bytesRead
  const longTarget = status === 431 && firstPacket && !rawPacket.includes('\n')
  return { status: longTarget ? 414 : status, reason: message }
}
