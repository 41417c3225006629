import { spawn, type ChildProcess } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { FIRST_INHERITED_FD, INHERITED_VARIABLE, type Inherited } from './inherited.js'
import type { Log } from './log.js'
import { nodeOptions } from './worker-handle.js'

export interface SuccessionParts {
  log: Log
  /** May this process be replaced by one with the same command line? Not one that belongs to another program. */
  allowed: boolean
  /** Who handed the sockets to this process, if anybody did. */
  predecessorPid: number | null
  /** Variables that were taken out of the environment and that a successor needs. */
  environment: NodeJS.ProcessEnv
  /** The successor ended, and this arbiter is alone again. */
  onBackedOut: (successorPid: number | null) => void
}

/**
 * Upgrade in place: a second arbiter with the same command line inherits the sockets, and both serve until the operator
 * stops one of them. Whichever stays is the server.
 */
export class Succession {
  readonly #parts: SuccessionParts
  readonly #directory = workingDirectory()
  #predecessorPid: number | null
  #successor: ChildProcess | null = null

  constructor(parts: SuccessionParts) {
    this.#parts = parts
    this.#predecessorPid = parts.predecessorPid
  }

  /** The new arbiter, while it lives. */
  get successorPid(): number | null {
    return this.#successor?.pid ?? null
  }

  /** Does another arbiter use the same sockets and files? */
  get hasCompanion(): boolean {
    return this.#successor !== null || this.#predecessorPid !== null
  }

  /** @returns true once, when the predecessor is found to be gone. */
  noticePromotion(): boolean {
    if (this.#predecessorPid === null || process.ppid === this.#predecessorPid) return false
    this.#predecessorPid = null
    return true
  }

  /** Starts the successor. What stands against it is logged, and nothing changes. */
  begin(sockets: readonly { bind: string; fd: number }[], activated: boolean): void {
    const refusal = this.#refusal()
    if (refusal !== null) {
      this.#parts.log.warning(`No upgrade: ${refusal}`)
      return
    }
    const inherited: Inherited = {
      sockets: sockets.map(({ bind }, index) => ({ bind, fd: FIRST_INHERITED_FD + index })),
      activated,
      predecessorPid: process.pid,
    }
    const child = spawn(process.execPath, [...nodeOptions(), ...this.#commandLine()], {
      stdio: ['inherit', 'inherit', 'inherit', ...sockets.map(({ fd }) => fd)],
      cwd: this.#directory.named,
      env: { ...process.env, ...this.#parts.environment, [INHERITED_VARIABLE]: JSON.stringify(inherited) },
      // A session of its own: neither Ctrl-C meant for the old one nor the end of its terminal reaches it.
      detached: true,
    })
    this.#successor = child
    child.once('error', (error) => this.#ended(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) =>
      this.#ended(`ended ${signal ? `by ${signal}` : `with code ${code}`}`),
    )
    // It lives on when this process ends.
    child.unref()
    if (child.pid === undefined) return
    this.#parts.log.info(`Upgrade: the new server is process ${child.pid}; TERM to one of the two ends it`)
  }

  /** The script too may belong to the next release by now. Node has made its path absolute by the old one's real name. */
  #commandLine(): string[] {
    const [script = '', ...rest] = process.argv.slice(1)
    const { named, real } = this.#directory
    return [script.startsWith(`${real}/`) ? join(named, script.slice(real.length)) : script, ...rest]
  }

  #refusal(): string | null {
    if (!this.#parts.allowed) return 'this server belongs to the process that started it'
    if (process.pid === 1) return 'as process 1 it cannot end without ending the container; start a new one'
    if (this.#successor !== null) return `the new server (pid:${this.#successor.pid}) is already there`
    if (this.#predecessorPid !== null) return `the old server (pid:${this.#predecessorPid}) is still there`
    return null
  }

  #ended(how: string): void {
    if (this.#successor === null) return
    const { pid = null } = this.#successor
    this.#successor = null
    this.#parts.log.error(`The new server (pid:${pid ?? 'none'}) ${how}; this one goes on`)
    this.#parts.onBackedOut(pid)
  }
}

/** As the operator named it: behind a symbolic link the next release may lie by the time of the upgrade. */
function workingDirectory(): { named: string; real: string } {
  const named = process.env.PWD
  const real = process.cwd()
  try {
    return { real, named: named !== undefined && realpathSync(named) === real ? named : real }
  } catch {
    return { real, named: real }
  }
}
