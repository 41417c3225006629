import type { Crew } from './crew.js'
import type { Hooks } from './hooks.js'
import type { Supervisor } from './supervisor.js'
import type { WorkerHandle } from './worker-handle.js'

export interface AnnouncerParts {
  crew: Pick<Crew, 'roster' | 'target'>
  supervisor: Pick<Supervisor, 'ready' | 'status'>
  hooks: Hooks
}

/** Tells hooks and supervisor what changes about the workers, each change once. */
export class Announcer {
  readonly #parts: AnnouncerParts
  /** Workers that are known to be ready. */
  readonly #known = new WeakSet<WorkerHandle>()
  #target: number
  #status: string | null = null

  constructor(parts: AnnouncerParts) {
    this.#parts = parts
    this.#target = parts.crew.target
  }

  /** @returns how many serve, in words. */
  ready(addresses: string[]): string {
    const { supervisor, hooks, crew } = this.#parts
    this.#status = this.#describe()
    supervisor.ready(this.#status)
    hooks.call('onReady', { addresses, workers: crew.roster.ready.length })
    return this.#status
  }

  /** Once in every turn of the arbiter's loop. */
  turned(): void {
    const { crew, hooks, supervisor } = this.#parts
    for (const worker of crew.roster.ready) {
      if (this.#known.has(worker)) continue
      this.#known.add(worker)
      hooks.call('onWorkerReady', { nr: worker.nr, pid: worker.pid })
    }
    if (crew.target !== this.#target) {
      hooks.call('onWorkersChanged', { from: this.#target, to: crew.target })
      this.#target = crew.target
    }
    const status = this.#describe()
    // Before it is ready, and while it is, the supervisor has heard something else.
    if (this.#status === null || this.#status === status) return
    this.#status = status
    supervisor.status(status)
  }

  /** @param expected it was told to go. */
  gone(worker: WorkerHandle, expected: boolean): void {
    const { nr, pid, exit } = worker
    const { code = null, signal = null } = exit ?? {}
    this.#parts.hooks.call('onWorkerExit', { nr, pid, code, signal, expected })
  }

  /** A reload has one worker more for moments; that is no news. */
  #describe(): string {
    const { roster, target } = this.#parts.crew
    const serving = Math.min(roster.ready.length, target)
    if (serving === target) return target === 1 ? '1 worker serves' : `${target} workers serve`
    return `${serving} of ${target} workers serve`
  }
}
