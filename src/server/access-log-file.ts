import { closeSync, fchownSync, openSync } from 'node:fs'
import { ownerOf, type Identity } from './identity.js'

/**
 * Makes the access log for workers that run as somebody else and may not create files where it lies, as in /var/log. They open it
 * themselves. A file that is there already is left alone: were it a link, root would give away what it points to.
 *
 * @param target a path, `-` for stdout, or `null`. What goes wrong here the worker says, who cannot open it either.
 */
export function makeAccessLogFor(identity: Identity | null, target: string | null): void {
  if (identity === null || target === null || target === '-') return
  try {
    const fd = openSync(target, 'ax', 0o640)
    try {
      fchownSync(fd, ...ownerOf(identity))
    } finally {
      closeSync(fd)
    }
  } catch {
    // It is there, or its directory is not.
  }
}
