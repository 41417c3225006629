import { monotonicMs } from './clock.js'
import type { Crew } from './crew.js'
import type { ServerFailure } from './errors.js'
import type { Resources } from './resources.js'
import type { ServerSettings } from './settings.js'
import type { Succession } from './succession.js'
import type { Supervisor } from './supervisor.js'

/** What a worker that is told to go at once may take. */
const QUICK_STOP_MS = 1000

export interface ShutdownParts {
  crew: Crew
  resources: Resources
  succession: Succession
  supervisor: Supervisor
  /** Those that hold now. */
  settings: () => ServerSettings
}

/** The end of the server: whether it has begun, how fast it is to be, and what it is for. */
export class Shutdown {
  readonly #parts: ShutdownParts
  #how: 'no' | 'graceful' | 'quick' = 'no'
  #failure: ServerFailure | null = null

  constructor(parts: ShutdownParts) {
    this.#parts = parts
  }

  get isUnderWay(): boolean {
    return this.#how !== 'no'
  }

  get isQuick(): boolean {
    return this.#how === 'quick'
  }

  /** Why the server cannot go on; `null` when it was told to stop. */
  get failure(): ServerFailure | null {
    return this.#failure
  }

  /** The first reason is the one that counts. */
  giveUp(failure: ServerFailure): void {
    this.#failure ??= failure
    this.begin('quick')
  }

  /** A second request to stop is meant seriously. */
  begin(how: 'graceful' | 'quick'): void {
    if (this.#how === 'quick') return
    const next = this.#how === 'graceful' ? 'quick' : how
    this.#how = next
    const { crew, resources, succession, supervisor, settings } = this.#parts
    const { successorPid, hasCompanion } = succession
    if (successorPid !== null) supervisor.successor(successorPid)
    else if (!hasCompanion) supervisor.stopping()
    resources.closeListeners()
    const allowedMs = next === 'quick' ? QUICK_STOP_MS : settings().gracefulTimeoutSeconds * 1000
    const killAtMs = monotonicMs() + allowedMs
    for (const worker of crew.roster.all) {
      if (next === 'quick') worker.quit(killAtMs)
      else worker.drain({ emptyBacklog: !hasCompanion, killAtMs })
    }
  }
}
