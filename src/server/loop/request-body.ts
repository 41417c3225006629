import type { IncomingMessage } from 'node:http'
import { hasForbiddenTrailer } from './strict-http.js'

/**
 * Calls `refuse` in place of the end of the body when a forbidden trailer field came with it: an app that reads
 * the body sees a broken request, never a complete one.
 */
export function guardTrailers(request: IncomingMessage, refuse: () => void): void {
  watchPushes(request, (chunk, push) => {
    if (chunk !== null || !hasForbiddenTrailer(request.rawTrailers)) return push()
    refuse()
    return false
  })
}

/**
 * Calls `deliver` when the whole body has come, or as much as Node buffers before it makes the client wait. So a client
 * who sends slowly occupies no slot meanwhile.
 */
export function holdUntilReceived(request: IncomingMessage, deliver: () => void): void {
  const { 'transfer-encoding': encoding, 'content-length': length } = request.headers
  if (encoding === undefined && (length === undefined || Number(length) === 0)) {
    deliver()
    return
  }
  let held = true
  watchPushes(request, (chunk, push) => {
    const room = push()
    if (held && (chunk === null || !room)) {
      held = false
      deliver()
    }
    return room
  })
}

/** On the object itself, as frameworks replace the prototype. */
function watchPushes(request: IncomingMessage, seen: (chunk: unknown, push: () => boolean) => boolean): void {
  const original = request.push.bind(request)
  request.push = (chunk: unknown, encoding?: BufferEncoding) => seen(chunk, () => original(chunk, encoding))
}
