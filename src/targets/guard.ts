import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Owner } from './owned-processes.js'

const PROGRAM = fileURLToPath(new URL('./guard-process.js', import.meta.url))

let guard: ChildProcess | undefined

/** Has the server ended when this process dies before `unguard`. */
export function guardServer(owner: Owner): void {
  tell({ watch: owner })
}

export function unguard({ mark }: Owner): void {
  tell({ forget: mark })
}

function tell(message: object): void {
  if (guard?.connected !== true) {
    guard = fork(PROGRAM, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    // It must not keep the command line alive: its end is what the guard waits for.
    guard.unref()
    guard.channel?.unref()
  }
  guard.send(message, () => undefined)
}
