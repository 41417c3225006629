import { makeAccessLogFor } from './access-log-file.js'
import { Backoff } from './backoff.js'
import { monotonicMs } from './clock.js'
import type { Generations } from './generations.js'
import type { Log } from './log.js'
import { memoryBytes } from './process-memory.js'
import { limitTooSmall, Retirement } from './recycling.js'
import type { Resources } from './resources.js'
import { Roster } from './roster.js'
import { loopsPerWorker, MAX_WORKERS, type ServerSettings } from './settings.js'
import { WorkerHandle } from './worker-handle.js'

export interface CrewParts {
  settings: ServerSettings
  log: Log
  generations: Generations
  resources: Resources
  /** Called when anything about a worker has changed. */
  onChange: () => void
}

/** The workers: how many there should be, who comes next, and who goes. */
export class Crew {
  readonly roster = new Roster()
  /** Replaced by a reload that changes the budget. */
  backoff: Backoff
  /** Workers that were started in place of one that died, by reason. */
  readonly restartReasons: Record<string, number> = {}
  readonly #parts: CrewParts
  /** Replaced by a reload. */
  #settings: ServerSettings
  #target: number
  #recycled = 0
  #resting = false
  #toldOfMemory = false

  constructor(parts: CrewParts) {
    this.#parts = parts
    this.#settings = parts.settings
    this.backoff = new Backoff(parts.settings)
    this.#target = parts.settings.workers
  }

  /** How many workers there should be. */
  get target(): number {
    return this.#target
  }

  /** Workers that were replaced because they had served long enough. */
  get recycled(): number {
    return this.#recycled
  }

  /** No worker serves, and none is started, until `resume`. */
  get isResting(): boolean {
    return this.#resting
  }

  /** Log files were moved away. */
  reopenLogs(): void {
    makeAccessLogFor(this.#parts.resources.identity, this.#settings.accessLog)
    for (const worker of this.roster.all) worker.reopenLogs()
  }

  rest(): void {
    this.#resting = true
    for (const worker of this.roster.active) this.dismiss(worker)
  }

  resume(): void {
    this.#resting = false
  }

  scale(target: number): void {
    this.#target = Math.min(MAX_WORKERS, Math.max(1, target))
  }

  /** Workers that are started from now on have these settings; a count changed by signals holds until the setting changes. */
  adopt(settings: ServerSettings): void {
    const { workers, restartBudget, restartWindowSeconds } = this.#settings
    if (settings.workers !== workers) this.scale(settings.workers)
    const sameBudget =
      settings.restartBudget === restartBudget && settings.restartWindowSeconds === restartWindowSeconds
    if (settings.maxMemoryBytes !== this.#settings.maxMemoryBytes) this.#toldOfMemory = false
    if (!sameBudget) this.backoff = new Backoff(settings)
    this.#settings = settings
  }

  /** A worker died that is to be replaced, and no longer counts as ready. One that hung had started well, however it ended. */
  died(reason: 'boot' | 'crash' | 'timeout', readyAtMs: number | null): void {
    this.restartReasons[reason] = (this.restartReasons[reason] ?? 0) + 1
    const { delayMs, exhausted } = this.backoff.workerDied(monotonicMs(), readyAtMs)
    const { log } = this.#parts
    const seconds = Math.round(delayMs / 1000)
    const isServed = this.roster.ready.length > 0
    const meanwhile = isServed ? 'the others serve on' : 'nobody serves until a new worker is ready'
    if (exhausted) {
      const { restartBudget, restartWindowSeconds } = this.#settings
      log.critical(
        `Workers die faster than ${restartBudget} in ${restartWindowSeconds} s: next start in ${seconds} s; ${meanwhile}`,
      )
    } else if (delayMs > 1000) log.warning(`Next attempt to start a worker in ${seconds} s; ${meanwhile}`)
    else if (!isServed) log.warning('No other worker is ready: nobody serves until a new one is')
  }

  /** After failures one worker at a time finds out whether the app starts again. */
  fill(): void {
    if (this.#resting) return
    for (let missing = this.#target - this.roster.active.length; missing > 0; missing -= 1) {
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

  /** Sees to it that those who have served long enough are replaced, and that nobody is too many. */
  renew(): void {
    const { active } = this.roster
    const surplus = Math.max(0, active.length - this.#target)
    const retiring = this.#retiring()
    if (retiring.length > 0) this.replace(retiring)
    else for (const worker of active.slice(0, surplus)) this.dismiss(worker)
  }

  dismiss(worker: WorkerHandle): void {
    const killAtMs = monotonicMs() + this.#settings.gracefulTimeoutSeconds * 1000
    worker.drain({ emptyBacklog: false, killAtMs })
  }

  /** Workers that have served long enough, in the order in which that was found. */
  #retiring(): WorkerHandle[] {
    const nowMs = monotonicMs()
    for (const worker of this.roster.ready) {
      if (worker.retiring !== null) continue
      worker.retiring = worker.retirement.due(worker, nowMs, memoryBytes)
      this.#noteMemory(worker)
      if (worker.retiring === null) continue
      this.#recycled += 1
      this.#parts.log.info(`Worker (pid:${worker.pid}) is replaced: it ${worker.retiring}`)
    }
    return this.roster.ready.filter((worker) => worker.retiring !== null)
  }

  #noteMemory({ pid, retirement }: WorkerHandle): void {
    const over = retirement.overFromStart
    if (over === null || this.#toldOfMemory) return
    this.#toldOfMemory = true
    this.#parts.log.warning(limitTooSmall(pid, over))
  }

  #spawn(): void {
    const { generations, resources, log, onChange } = this.#parts
    makeAccessLogFor(resources.identity, this.#settings.accessLog)
    const { number, app } = generations.current
    const { entryPath, exportName, spec } = app
    const worker = new WorkerHandle({
      nr: this.roster.freeNr(),
      generation: number,
      listenerFds: resources.listeners.map(({ fd }) => fd),
      loops: loopsPerWorker(this.#settings),
      seating: resources.seats?.take(loopsPerWorker(this.#settings)) ?? null,
      retirement: new Retirement(this.#settings, Math.random()),
      identity: resources.identity,
      start: {
        settings: this.#settings,
        app: { entryPath, exportName, spec },
        addresses: resources.addresses,
        tls: resources.tls,
      },
      onChange,
    })
    log.info(`Booting worker with pid: ${worker.pid}`)
    this.roster.add(worker)
  }
}
