import type { Socket } from 'node:net'

/** The number of a connection's descriptor, for which Node has no public name; -1 when it is closed. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } | null })._handle?.fd ?? -1
}
