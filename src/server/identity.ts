import { execFileSync } from 'node:child_process'
import { ServerError, SERVER_EXIT } from './errors.js'

/** Whom the workers run as. Supplementary groups are dropped. */
export interface Identity {
  uid?: number
  gid?: number
}

/** As chown(2) takes it: what was not asked for stays. */
export function ownerOf({ uid = -1, gid = -1 }: Identity): [uid: number, gid: number] {
  return [uid, gid]
}

/**
 * Looks names up the way the system does, directory services included. A user without a group gets his own.
 *
 * @returns `null` when neither was asked for.
 * @throws {ServerError} exit 2, for unknown names, and for a change that this process may not make.
 */
export function resolveIdentity(user: string | null, group: string | null): Identity | null {
  if (user === null && group === null) return null
  const uid = user === null ? undefined : numberOf('user', user, ['id', '-u', user])
  const gid =
    group === null
      ? numberOf('user', user ?? '', ['id', '-g', user ?? ''])
      : numberOf('group', group, ['getent', 'group', group])
  const changes = (uid !== undefined && uid !== process.getuid?.()) || gid !== process.getgid?.()
  if (changes && process.getuid?.() !== 0) {
    throw refuse('Only root can run the workers as another user or group', [
      'Leave --user and --group out: the workers then run as you',
    ])
  }
  return { ...(uid === undefined ? {} : { uid }), gid }
}

/** `id` prints the number; `getent group` prints it as the third field. */
function numberOf(kind: string, name: string, [program = '', ...args]: string[]): number {
  const isGroup = kind === 'group'
  if (/^\d+$/.test(name) && (isGroup || args[0] === '-u')) return Number(name)
  try {
    const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const value = isGroup ? text.split(':')[2] : text
    if (value !== undefined && /^\d+$/.test(value.trim())) return Number(value)
  } catch {
    // Said below.
  }
  throw refuse(`There is no ${kind} ${JSON.stringify(name)} on this machine`, [
    `Name an existing ${kind}, or give its number`,
  ])
}

function refuse(message: string, suggestions: string[]): ServerError {
  return new ServerError(message, { code: 'TUNE_E_IDENTITY', exit: SERVER_EXIT.usage, suggestions })
}
