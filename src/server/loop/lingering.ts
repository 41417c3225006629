import type { Socket } from 'node:net'
import type { HttpSocket } from './http-socket.js'

/** Without a byte of the client's for so long, he has had the answer. */
export const SILENCE_MS = 1000
/** And he is not listened to for longer than this, whatever he sends. */
const LONGEST_MS = 10_000

const lingering = new WeakSet<Socket>()

/** Its last answer was given, and what still comes on it is nobody's. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket)
}

export interface LastWords {
  /** Written before the end. */
  text?: string
  longestMs?: number
}

/**
 * Ends a connection, then reads on until the client has ended it, too (RFC 9112, 9.6): closed with unread bytes in it, or before more of
 * them come, it would be reset, and a client who is still sending would lose the answer.
 */
export function endLingering(socket: Socket, { text, longestMs = LONGEST_MS }: LastWords = {}): void {
  if (lingering.has(socket) || socket.destroyed) return
  lingering.add(socket)
  // Node's `destroySoon`, if it was called, would close as soon as the answer is with the kernel.
  socket.off('finish', Reflect.get(socket, 'destroy'))
  // To write even nothing would be an error where the end was sent.
  if (text === undefined) socket.end()
  else socket.end(text)
  // Or Node would pause it again, for the sake of the answers that it believes are to come.
  ;(socket as HttpSocket)._paused = false
  socket.resume()
  // Once Node has begun to read again, which it does for its parser alone.
  setImmediate(readOn, socket, longestMs)
}

/** The same behind the answer that is under way and will be the last. */
export function endLingeringAfter(socket: HttpSocket): void {
  const pending = socket._httpMessage
  // Node's own listener came first, and has asked for the end.
  if (pending) pending.once('finish', () => endLingering(socket))
  else endLingering(socket)
}

function readOn(socket: Socket, longestMs: number): void {
  if (socket.destroyed) return
  // The parser is passed by: it would keep a response for each request that it finds.
  socket.removeAllListeners('data')
  socket.on('data', drop)
  // A long answer takes its time.
  if (socket.writableFinished) closeInTime(socket, longestMs)
  else socket.once('finish', () => closeInTime(socket, longestMs))
}

function drop(): void {
  // To be read is all that it was needed for.
}

function closeInTime(socket: Socket, longestMs: number): void {
  const destroy = () => socket.destroy()
  const silence = setTimeout(destroy, SILENCE_MS)
  const longest = setTimeout(destroy, longestMs)
  socket.on('data', () => silence.refresh())
  socket.once('close', () => {
    clearTimeout(silence)
    clearTimeout(longest)
  })
}
