import type { Crew } from './crew.js'
import { SERVER_EXIT, toFailure, type ServerFailure } from './errors.js'
import type { Log } from './log.js'
import { checkReload, type RereadSettings } from './reload-settings.js'
import type { Resources } from './resources.js'
import { readTls } from './tls-material.js'

type Settle = (failure: ServerFailure | null) => void

const STOPPED: ServerFailure = {
  code: 'TUNE_E_STOPPED',
  message: 'The server stopped before the reload was complete',
  exit: SERVER_EXIT.internal,
  suggestions: [],
}

/** Replaces the workers one by one with workers of a fresh load of the app, or leaves everything as it is. */
export class Reload {
  readonly #resources: Resources
  readonly #crew: Crew
  readonly #log: Log
  readonly #reread: RereadSettings | undefined
  readonly #wake: () => void
  #compiling = false
  #rolling = false
  #again = false
  /** Who asked for the reload that is under way, and for the one after it. */
  readonly #served: Settle[] = []
  readonly #asked: Settle[] = []

  /** @param wake called when there is something to do for the arbiter's loop. */
  constructor(
    parts: { resources: Resources; crew: Crew; log: Log; reread: RereadSettings | undefined },
    wake: () => void,
  ) {
    this.#resources = parts.resources
    this.#crew = parts.crew
    this.#log = parts.log
    this.#reread = parts.reread
    this.#wake = wake
  }

  /** Workers of earlier generations are being replaced. */
  get rolling(): boolean {
    return this.#rolling
  }

  /** @returns what went wrong, or `null` when every worker serves the new app. */
  request(): Promise<ServerFailure | null> {
    return new Promise((resolve) => {
      this.#asked.push(resolve)
      void this.start()
    })
  }

  /** Compiles beside the running server; nothing changes when that fails. A request during a reload is kept. */
  async start(): Promise<void> {
    if (this.#compiling || this.#rolling || !this.#crew.wasComplete) {
      this.#again = true
      return
    }
    this.#compiling = true
    this.#served.push(...this.#asked.splice(0))
    try {
      const before = this.#resources.settings
      const settings = await checkReload(before, this.#reread)
      const tls = readTls(settings)
      await this.#resources.generations.add()
      // A count changed by signals holds until the setting changes.
      if (settings.workers !== before.workers) this.#crew.scale(settings.workers)
      this.#resources.adopt(settings, tls)
      this.#rolling = true
    } catch (error) {
      const failure = toFailure(error, { code: 'TUNE_E_RELOAD', exit: SERVER_EXIT.usage })
      this.#log.error(`Reload failed, the old workers keep serving: ${failure.message}`)
      this.#settle(failure)
    } finally {
      this.#compiling = false
      this.#wake()
    }
  }

  /** One turn of the loop of a reload that is under way. */
  step(): void {
    const { number } = this.#resources.generations.current
    const { active, booting } = this.#crew.roster
    const old = active.filter((worker) => worker.generation < number)
    this.#crew.replace(old)
    if (old.length > 0 || booting.length > 0) return
    this.#rolling = false
    this.#log.info(`Reloaded: ${active.length} workers replaced`)
    this.#settle(null)
  }

  /** Starts the reload that was asked for while there was no time. */
  catchUp(): void {
    if (!this.#again || this.#rolling || this.#compiling || !this.#crew.wasComplete) return
    this.#again = false
    void this.start()
  }

  /** The old workers stay. The new app is forgotten unless a worker already serves it. */
  abort(failure: ServerFailure): void {
    this.#settle(failure)
    this.#rolling = false
    this.#log.error('Reload aborted, the old workers keep serving')
    const { generations } = this.#resources
    const { number } = generations.current
    if (this.#crew.roster.ready.some((worker) => worker.generation === number)) return
    for (const worker of this.#crew.roster.booting)
      if (worker.generation === number) this.#crew.dismiss(worker)
    generations.giveUp()
  }

  /** The server ends: nobody waits in vain. */
  close(): void {
    this.#settle(STOPPED)
    for (const settle of this.#asked.splice(0)) settle(STOPPED)
  }

  #settle(failure: ServerFailure | null): void {
    for (const settle of this.#served.splice(0)) settle(failure)
  }
}
