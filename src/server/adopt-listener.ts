import { closeSync, lstatSync, unlinkSync } from 'node:fs'
import { ServerError, SERVER_EXIT } from './errors.js'
import type { Listener } from './listener.js'
import type { Descriptors } from './native/descriptors.js'
import type { Sockets } from './native/sockets.js'

/**
 * Takes over a listening socket that this process was started with. It goes on at another descriptor, which is
 * closed on exec: the process that the app starts must not keep the port.
 *
 * @param options.ours the file of a unix socket is removed in the end. False where a supervisor made it.
 * @throws {ServerError} exit 2, when there is no such socket.
 */
export function adoptListener(
  fd: number,
  native: (Descriptors & Sockets) | null,
  options: { ours: boolean },
): Listener {
  if (native === null) throw refuse(fd, 'koffi, through which the socket is looked at, could not be loaded')
  if (!native.isListener(fd)) throw refuse(fd, 'it is no socket that listens for streams')
  const address = native.nameOf(fd)
  if (address === null) throw refuse(fd, 'it is neither an IP nor a unix socket')
  const own = native.duplicate(fd)
  if (own === -1) throw refuse(fd, 'the process has no descriptor left')
  closeSync(fd)
  let open = true
  const close = () => {
    if (open) closeSync(own)
    open = false
  }
  const path = 'socketPath' in address && options.ours ? address.socketPath : null
  return { fd: own, address, close, remove: path === null ? () => undefined : removerOf(path) }
}

/** Only the file that is there now: another server may have taken the name by then. */
function removerOf(path: string): () => void {
  const inode = inodeOf(path)
  return () => {
    if (inode !== null && inodeOf(path) === inode) unlinkSync(path)
  }
}

function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null
}

function refuse(fd: number, why: string): ServerError {
  return new ServerError(`Cannot listen on descriptor ${fd}: ${why}`, {
    code: 'TUNE_E_INHERITED_SOCKET',
    exit: SERVER_EXIT.usage,
    suggestions: [
      'Whoever starts the server must hand it a listening stream socket at that number (systemd: a .socket unit with Accept=no)',
    ],
  })
}
