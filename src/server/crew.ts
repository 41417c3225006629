import { Backoff } from './backoff.js'
import { monotonicMs } from './clock.js'
import { Retirement } from './recycling.js'
import type { Resources } from './resources.js'
import { Roster } from './roster.js'
import { loopsPerWorker, MAX_WORKERS } from './settings.js'
import type { Log } from './log.js'
import { WorkerHandle } from './worker-handle.js'

/** What a worker that is told to go at once may take. */
const QUICK_STOP_MS = 1000

/** The workers: how many there should be, and how they are started, replaced and sent home. */
export class Crew {
  readonly roster = new Roster()
  readonly backoff = new Backoff()
  readonly #resources: Resources
  readonly #log: Log
  readonly #onChange: () => void
  #target: number
  #wasComplete = false

  /** @param onChange called when anything about a worker has changed. */
  constructor(resources: Resources, log: Log, onChange: () => void) {
    this.#resources = resources
    this.#log = log
    this.#onChange = onChange
    this.#target = resources.settings.workers
  }

  /** How many workers there should be. */
  get target(): number {
    return this.#target
  }

  /** Has every worker of the first generation been ready? */
  get wasComplete(): boolean {
    return this.#wasComplete
  }

  scale(target: number): void {
    this.#target = Math.min(MAX_WORKERS, Math.max(1, target))
  }

  /** @returns true once: when the first generation is complete. */
  noteReadiness(): boolean {
    const ready = this.roster.ready
    const youngest = Math.max(...ready.map((worker) => worker.readyAtMs ?? 0))
    if (ready.length > 0) this.backoff.workersLive(monotonicMs(), youngest)
    if (this.#wasComplete || ready.length === 0 || ready.length < this.#target) return false
    this.#wasComplete = true
    return true
  }

  /** Starts as many as are missing. */
  fill(): void {
    for (let missing = this.#target - this.roster.active.length; missing > 0; missing -= 1) {
      // After failures one worker at a time finds out whether the app starts again.
      const cautious = this.backoff.failures > 0 && this.roster.booting.length > 0
      if (cautious || !this.backoff.allows(monotonicMs())) break
      this.#spawn()
    }
  }

  /** One step: the next new worker, or farewell to one whose successor is ready. Never more than N + 1. */
  replace(old: WorkerHandle[]): void {
    const [oldest] = old
    if (oldest === undefined || this.roster.booting.length > 0) return
    if (this.roster.active.length > this.#target) this.dismiss(oldest)
    else if (this.roster.all.length <= this.#target && this.backoff.allows(monotonicMs())) this.#spawn()
  }

  dismissSurplus(): void {
    const { active } = this.roster
    for (const worker of active.slice(0, Math.max(0, active.length - this.#target))) this.dismiss(worker)
  }

  dismiss(worker: WorkerHandle): void {
    worker.drain({ emptyBacklog: false, killAtMs: this.#graceEndsMs() })
  }

  /** All of them go, and nobody will come after them. */
  stop(how: 'graceful' | 'quick'): void {
    for (const worker of this.roster.all) {
      if (how === 'graceful') worker.drain({ emptyBacklog: true, killAtMs: this.#graceEndsMs() })
      else worker.quit(monotonicMs() + QUICK_STOP_MS)
    }
  }

  #graceEndsMs(): number {
    return monotonicMs() + this.#resources.settings.gracefulTimeoutSeconds * 1000
  }

  #spawn(): void {
    const { settings, tls, identity, addresses, listenerFds, seats, generations } = this.#resources
    const { number, app } = generations.current
    const { entryPath, exportName, spec } = app
    const worker = new WorkerHandle({
      nr: this.roster.freeNr(),
      generation: number,
      listenerFds,
      loops: loopsPerWorker(settings),
      seating: seats?.take(loopsPerWorker(settings)) ?? null,
      retirement: new Retirement(settings, Math.random()),
      identity,
      start: { settings, app: { entryPath, exportName, spec }, addresses, tls },
      onChange: this.#onChange,
    })
    this.#log.info(`Booting worker with pid: ${worker.pid}`)
    this.roster.add(worker)
  }
}
