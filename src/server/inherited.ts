import { closeSync } from 'node:fs'
import { ServerError, SERVER_EXIT } from './errors.js'

/** The first descriptor after stdin, stdout and stderr: where systemd and an upgrade put the sockets. */
export const FIRST_INHERITED_FD = 3
/** An upgrade tells the new arbiter by this variable what it inherits. */
export const INHERITED_VARIABLE = 'TUNE_INHERITED'

/** Sockets that somebody opened before this process began. */
export interface Inherited {
  /** `bind` is the text that the socket was opened for; `fd://N` where a supervisor opened it. */
  sockets: { bind: string; fd: number }[]
  /** A supervisor chose the addresses: the sockets stand in place of `bind`. */
  activated: boolean
  /** The arbiter that is to be replaced. */
  predecessorPid: number | null
}

const NOTHING: Inherited = { sockets: [], activated: false, predecessorPid: null }

/**
 * Reads what was handed to this process, and takes the variables out of the environment: they are not meant for
 * the workers. `LISTEN_FDS` (systemd socket activation) counts only when `LISTEN_PID` names this process.
 */
export function takeInherited(env: NodeJS.ProcessEnv, pid: number): Inherited {
  const { [INHERITED_VARIABLE]: handedOver, LISTEN_FDS: count, LISTEN_PID: listenPid } = env
  for (const name of [INHERITED_VARIABLE, 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'])
    Reflect.deleteProperty(env, name)
  if (handedOver !== undefined) return parse(handedOver)
  if (Number(listenPid) !== pid || !/^[1-9]\d{0,2}$/.test(count ?? '')) return NOTHING
  const sockets = Array.from({ length: Number(count) }, (_, index) => {
    const fd = FIRST_INHERITED_FD + index
    return { bind: `fd://${fd}`, fd }
  })
  return { sockets, activated: true, predecessorPid: null }
}

function parse(text: string): Inherited {
  try {
    const value = JSON.parse(text) as Partial<Inherited> | null
    if (Array.isArray(value?.sockets) && Number.isInteger(value.predecessorPid)) return value as Inherited
  } catch {
    // The same answer as to JSON that is something else.
  }
  throw new ServerError(`${INHERITED_VARIABLE} does not name sockets that this process was started with`, {
    code: 'TUNE_E_INHERITED_SOCKET',
    exit: SERVER_EXIT.usage,
    suggestions: ['The variable is set by a server that is upgraded with USR2; unset it to start a new one'],
  })
}

/** The addresses to listen on, each with the socket that is already open for it. */
export function withInherited(
  bind: readonly string[],
  { sockets, activated }: Inherited,
): { bind: string; fd: number | null }[] {
  if (activated) return sockets
  const left = [...sockets]
  const wanted = bind.map((text) => {
    const index = left.findIndex((socket) => socket.bind === text)
    return index === -1 ? { bind: text, fd: null } : (left.splice(index, 1)[0] ?? { bind: text, fd: null })
  })
  // The new configuration does not want these any more.
  for (const { fd } of left) closeSync(fd)
  return wanted
}
