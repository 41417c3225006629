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
 * @returns `null` for a descriptor that cannot be used; it is closed then.
 */
export function socketOf(fd: number, HandleClass: HandleClass): Socket | null {
  const handle = new HandleClass(CONNECTION)
  if (handle.open(fd) !== 0) {
    handle.close()
    closeSync(fd)
    return null
  }
  return new Socket({ handle, allowHalfOpen: true } as ConstructorParameters<typeof Socket>[0]).setNoDelay(
    true,
  )
}
