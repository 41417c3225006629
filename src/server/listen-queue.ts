import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import type { BindAddress } from './bind.js'

const LISTEN = '0A'

/**
 * Clients whom the kernel has connected and nobody has accepted yet.
 *
 * @returns `null` for unix sockets, and on systems without /proc.
 */
export function listenQueue(address: BindAddress): number | null {
  if ('socketPath' in address) return null
  try {
    return waitingIn(readFileSync(`/proc/net/tcp${isIPv6(address.host) ? '6' : ''}`, 'latin1'), address.port)
  } catch {
    return null
  }
}

/** Fields of a row: slot, local address, remote address, state, `tx_queue:rx_queue`. For a listener, rx is its queue. */
export function waitingIn(table: string, port: number): number | null {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/))
  const row = rows.find(([, local = '', , state]) => state === LISTEN && local.endsWith(`:${hexPort}`))
  const queue = row?.[4]?.split(':')[1]
  return queue === undefined ? null : parseInt(queue, 16)
}
