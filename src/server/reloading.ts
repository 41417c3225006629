import type { Crew } from './crew.js'
import { SERVER_EXIT, toFailure, type ServerFailure } from './errors.js'
import type { Generations } from './generations.js'
import type { Log } from './log.js'
import { checkReload, type Held, type Reread } from './reload-settings.js'
import type { ServerSettings } from './settings.js'
import { readTls, type TlsMaterial } from './tls-material.js'

const STOPPED: ServerFailure = {
  code: 'TUNE_E_STOPPED',
  message: 'The server stopped before the reload was complete',
  exit: SERVER_EXIT.internal,
  suggestions: [],
}

type Settle = (failure: ServerFailure | null) => void

export interface ReloadParts {
  held: Held
  log: Log
  crew: Crew
  generations: Generations
  /** Gives settings and hooks anew. */
  reread: Reread | undefined
  /** What the workers of now have. */
  tlsNow: () => TlsMaterial | null
  onBegun: () => void
  /** These hold from now on. */
  onAdopted: (held: Held, tls: TlsMaterial | null) => void
  /** With what went wrong, or `null` when every worker serves the new app. */
  onEnded: (failure: ServerFailure | null) => void
  wake: () => void
}

/** A rolling reload: workers of earlier generations are replaced one by one, and kept when that fails. */
export class Reloading {
  readonly #parts: ReloadParts
  #held: Held
  /** Brings back what held before the reload that is under way. */
  #restore: () => void = () => undefined
  #rolling = false
  #compiling = false
  #wanted = false
  /** Who asked for the reload that is under way, and for the one after it. */
  readonly #served: Settle[] = []
  readonly #asked: Settle[] = []

  constructor(parts: ReloadParts) {
    this.#parts = parts
    this.#held = parts.held
  }

  /** The settings that hold for new workers. */
  get settings(): ServerSettings {
    return this.#held.settings
  }

  get isRolling(): boolean {
    return this.#rolling
  }

  /** @returns what went wrong, or `null` when every worker serves the new app. */
  ask(): Promise<ServerFailure | null> {
    return new Promise((resolve) => {
      this.#asked.push(resolve)
      this.request()
    })
  }

  /** What is asked for during a reload, or before the server is up, is done after it. */
  request(): void {
    this.#wanted = true
    this.#parts.wake()
  }

  /** Begins what was asked for, if nothing is under way. */
  beginIfWanted(): void {
    if (!this.#wanted || this.#compiling || this.#rolling) return
    this.#wanted = false
    void this.#begin()
  }

  /** One step of the replacement. */
  roll(): void {
    const { crew, generations, log } = this.#parts
    const { active, booting } = crew.roster
    const old = active.filter((worker) => worker.generation < generations.current.number)
    crew.replace(old)
    const isComplete = old.length === 0 && booting.length === 0 && active.length >= crew.target
    if (!isComplete) return
    this.#rolling = false
    const workers = active.length === 1 ? '1 worker' : `${active.length} workers`
    log.info(`Reloaded: ${workers} replaced`)
    this.#settle(null)
  }

  /** The old workers stay. The new app is forgotten unless a worker already serves it. */
  abort(failure: ServerFailure): void {
    const { crew, generations, log } = this.#parts
    this.#rolling = false
    log.error('Reload aborted, the old workers keep serving')
    const { number } = generations.current
    if (!crew.roster.ready.some((worker) => worker.generation === number)) {
      for (const worker of crew.roster.booting) if (worker.generation === number) crew.dismiss(worker)
      generations.giveUp()
      // The new settings may be what the new worker failed of; whoever replaces an old worker must come up.
      this.#restore()
    }
    // After that, as the hook that hears of it is one of those that hold now.
    this.#settle(failure)
  }

  /** Nobody is left waiting for an answer. */
  stopped(): void {
    for (const settle of [...this.#served.splice(0), ...this.#asked.splice(0)]) settle(STOPPED)
  }

  /** Compiles beside the running server; nothing changes when that fails. */
  async #begin(): Promise<void> {
    const { generations, log, reread, onBegun, wake } = this.#parts
    this.#compiling = true
    onBegun()
    this.#served.push(...this.#asked.splice(0))
    try {
      const held = await checkReload(this.#held, reread)
      const tls = readTls(held.settings)
      await generations.add()
      this.#adopt(held, tls)
      this.#rolling = true
    } catch (error) {
      const failure = toFailure(error, { code: 'TUNE_E_RELOAD', exit: SERVER_EXIT.usage })
      log.error(`Reload failed, the old workers keep serving: ${failure.message}`)
      this.#settle(failure)
    } finally {
      this.#compiling = false
      wake()
    }
  }

  #adopt(held: Held, tls: TlsMaterial | null): void {
    const { crew, onAdopted, tlsNow } = this.#parts
    const before = { held: this.#held, tls: tlsNow(), target: crew.target }
    this.#held = held
    onAdopted(held, tls)
    this.#restore = () => {
      this.#held = before.held
      onAdopted(before.held, before.tls)
      if (held.settings.workers !== before.held.settings.workers) crew.scale(before.target)
    }
  }

  #settle(failure: ServerFailure | null): void {
    for (const settle of this.#served.splice(0)) settle(failure)
    this.#parts.onEnded(failure)
  }
}
