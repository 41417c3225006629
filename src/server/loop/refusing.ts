import http from 'node:http'
import type { Socket } from 'node:net'
import type { HttpSocket } from './http-socket.js'
import { endLingering, endLingeringAfter, isLingering, SILENCE_MS } from './lingering.js'
import type { Refusal } from './strict-http.js'

export function refuse(response: http.ServerResponse, { status, reason }: Refusal): void {
  const body = `${status} ${http.STATUS_CODES[status] ?? ''}: ${reason}\n`
  response.shouldKeepAlive = false
  // Without one it waits behind another answer.
  if (response.socket !== null) endLingeringAfter(response.socket)
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
    if (!pending && request !== null) endLingering(socket)
    else refuseRaw(socket, refusal, pending?.headersSent === true)
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

/** Answers on the bare socket. */
function refuseRaw(socket: Socket, { status }: Refusal, headSent: boolean): void {
  if (isLingering(socket)) return
  if (headSent || !socket.writable) {
    socket.destroy()
    return
  }
  const text = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\nConnection: close\r\n\r\n`
  // Not long: the app may have the request, and wait in vain for the rest of it.
  endLingering(socket, { text, longestMs: SILENCE_MS })
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
