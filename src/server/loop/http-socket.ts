import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** With what Node's HTTP server keeps on it. */
export type HttpSocket = Socket & {
  _httpMessage?: (ServerResponse & { _last?: boolean }) | null
  /** Not to be read from until answers before are out. */
  _paused?: boolean
  parser?: { incoming?: IncomingMessage | null } | null
}

/** The answer that is under way on it has said in its head that it is the last. */
export function givesLast(socket: Socket): boolean {
  return (socket as HttpSocket)._httpMessage?._last === true
}
