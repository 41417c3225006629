import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { ServerError, SERVER_EXIT } from './errors.js'

/** The file that says which process is the arbiter. */
export interface Pidfile {
  /** Gives it another name, in place of the file that has it. */
  moveTo(path: string): void
  /** Removes it, unless another arbiter has taken the name meanwhile. */
  remove(): void
}

/**
 * Written beside and renamed, so that nobody reads half a number. A file that a dead process left is replaced.
 *
 * @throws {ServerError} exit 2, when a living process owns the file or it cannot be written.
 */
export function writePidfile(path: string): Pidfile {
  const owner = pidIn(path)
  if (owner !== null && owner !== process.pid && isAlive(owner)) {
    throw refuse(path, `process ${owner} that it names is running`, [
      'Stop that server, or give this one another --pidfile',
    ])
  }
  try {
    const fresh = `${path}.${process.pid}`
    writeFileSync(fresh, `${process.pid}\n`)
    renameSync(fresh, path)
  } catch (error) {
    throw refuse(path, error instanceof Error ? error.message : String(error), [
      'Choose a file in a directory that exists and may be written to',
    ])
  }
  let current = path
  return {
    moveTo: (next) => {
      renameSync(current, next)
      current = next
    },
    remove: () => {
      if (pidIn(current) === process.pid) rmSync(current, { force: true })
    },
  }
}

/** Removes the file of an arbiter that is gone, and no other's. */
export function removePidfileOf(pid: number, path: string): void {
  if (pidIn(path) === pid) rmSync(path, { force: true })
}

function pidIn(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim())
    return Number.isInteger(pid) && pid > 0 ? pid : null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of another user is alive, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function refuse(path: string, why: string, suggestions: string[]): ServerError {
  const options = { code: 'TUNE_E_PIDFILE', exit: SERVER_EXIT.usage, suggestions }
  return new ServerError(`Cannot use the pidfile ${path}: ${why}`, options)
}
