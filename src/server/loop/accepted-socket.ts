import { closeSync } from 'node:fs'
import { Socket, type Server } from 'node:net'

/** What Node wraps around a connection: `TCP` or `Pipe`. Neither has a public name. */
interface Handle {
  open(fd: number): number
  close(): void
}
export type HandleClass = new (type: number) => Handle

/** Of both classes: a connection, as opposed to something that listens. */
const CONNECTION = 0

/** What the connections of a listening server are wrapped in. */
export function handleClassOf(listening: Server): HandleClass | undefined {
  const { _handle: handle } = listening as unknown as { _handle: { constructor: unknown } | null }
  return handle?.constructor as HandleClass | undefined
}

/**
 * What a listening `http.Server` would have made of an accepted connection. `new Socket({ fd })` would first ask the
 * kernel four times what that is.
 *
 * @param sendsAtOnce it has inherited TCP_NODELAY.
 * @returns `null` for a descriptor that cannot be used; it is closed then.
 */
export function socketOf(fd: number, HandleClass: HandleClass, sendsAtOnce: boolean): Socket | null {
  const handle = new HandleClass(CONNECTION)
  if (handle.open(fd) !== 0) {
    handle.close()
    closeSync(fd)
    return null
  }
  // `Socket` copies the options and then sets the last three itself, to these values. When they are there already, the copy keeps its
  // hidden class; otherwise V8 11.3 (Node 20) makes new ones for each socket: 5 µs, and a fifth of all CPU of a `sync` worker with the
  // misses that follow.
  const options = {
    handle,
    noDelay: sendsAtOnce,
    allowHalfOpen: true,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  }
  const socket = new Socket(options)
  return sendsAtOnce ? socket : socket.setNoDelay(true)
}
