import { closeSync, openSync, readSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import type { BindAddress } from './bind.js'

const LISTEN = '0A'
/** What stands above the states. */
const HEADING = 'st'
const PIECE_BYTES = 16 * 1024

/**
 * Clients whom the kernel has connected and nobody has accepted yet.
 *
 * @returns `null` for unix sockets, and on systems without /proc.
 */
export function listenQueue(address: BindAddress): number | null {
  if ('socketPath' in address) return null
  try {
    return waitingIn(listenersIn(`/proc/net/tcp${isIPv6(address.host) ? '6' : ''}`), address.port)
  } catch {
    return null
  }
}

/**
 * The beginning of a table, as far as there are listeners. The kernel lists them before the connections, of which there may be thousands in
 * TIME_WAIT: reading 8,000 of them with every request for figures cost the parent 20 MiB.
 */
export function listenersIn(path: string): string {
  const fd = openSync(path, 'r')
  try {
    const piece = Buffer.alloc(PIECE_BYTES)
    let table = ''
    for (;;) {
      const read = readSync(fd, piece)
      table += piece.toString('latin1', 0, read)
      // The last row may be cut off.
      const [, , , state] = fieldsOf(table.split('\n').at(-2) ?? '')
      if (read === 0 || (state !== LISTEN && state !== HEADING)) return table
    }
  } finally {
    closeSync(fd)
  }
}

/** Fields of a row: slot, local address, remote address, state, `tx_queue:rx_queue`. For a listener, rx is its queue. */
export function waitingIn(table: string, port: number): number | null {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = table.split('\n').map(fieldsOf)
  const row = rows.find(([, local = '', , state]) => state === LISTEN && local.endsWith(`:${hexPort}`))
  const queue = row?.[4]?.split(':')[1]
  return queue === undefined ? null : parseInt(queue, 16)
}

function fieldsOf(row: string): string[] {
  return row.trim().split(/\s+/)
}
