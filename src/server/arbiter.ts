import type { BindAddress } from './bind.js'
import { monotonicMs } from './clock.js'
import { Crew } from './crew.js'
import { fromFailure, SERVER_EXIT, type ServerFailure } from './errors.js'
import { listenQueue } from './listen-queue.js'
import type { Log } from './log.js'
import { bootFailure, obituary } from './obituary.js'
import type { AppInfo, ServerStats } from './protocol.js'
import { Reload } from './reload.js'
import type { RereadSettings } from './reload-settings.js'
import { Resources } from './resources.js'
import { retirees } from './retirees.js'
import type { ServerSettings } from './settings.js'
import { onSignals, type ArbiterSignal } from './signals.js'
import { Tally } from './tally.js'
import { WakeQueue } from './wake-queue.js'
import { Watchdog } from './watchdog.js'
import type { WorkerHandle } from './worker-handle.js'

/** The loop turns at least this often. */
const TURN_MS = 500
const STATS_DEADLINE_MS = 1000

type Event = ArbiterSignal | 'stop-graceful' | 'stop-quick'

export interface ReadyInfo {
  addresses: BindAddress[]
  app: AppInfo
}

/**
 * The parent of all workers. It binds the sockets and never accepts; it keeps the right number of workers of
 * the right generation alive and handles signals. Handlers only enqueue; everything happens in `run`'s loop.
 */
export class Arbiter {
  readonly #log: Log
  readonly #onReady: (info: ReadyInfo) => void
  readonly #events = new WakeQueue<Event>()
  readonly #tally = new Tally()
  readonly #resources: Resources
  readonly #crew: Crew
  readonly #reload: Reload
  readonly #watchdog: Watchdog
  #stopping: 'no' | 'graceful' | 'quick' = 'no'
  #halt: ServerFailure | null = null

  /** @param reread gives the settings anew when the server is told to reload. */
  constructor(
    settings: ServerSettings,
    log: Log,
    onReady: (info: ReadyInfo) => void,
    reread?: RereadSettings,
  ) {
    this.#log = log
    this.#onReady = onReady
    const wake = () => this.#events.wake()
    const resources = (this.#resources = new Resources(settings, log))
    const crew = (this.#crew = new Crew(resources, log, wake))
    this.#reload = new Reload({ resources, crew, log, reread }, wake)
    this.#watchdog = new Watchdog({ resources, crew, tally: this.#tally, log }, 4 * TURN_MS)
  }

  /**
   * Serves until told to stop.
   *
   * @returns the exit code.
   * @throws {ServerError} when the server could not start. Nothing is left running then.
   */
  async run(): Promise<number> {
    const removeHandlers = onSignals((signal) => this.#events.push(signal))
    try {
      await this.#resources.open(this)
      for (;;) {
        this.#reap()
        this.#handleNextEvent()
        this.#watchdog.check(this.#stopping === 'quick')
        this.#maintainWorkers()
        if (this.#stopping !== 'no' && this.#crew.roster.all.length === 0) break
        await this.#events.sleep(TURN_MS)
      }
    } finally {
      for (const worker of this.#crew.roster.all) worker.kill('SIGKILL')
      this.#resources.close()
      this.#reload.close()
      removeHandlers()
    }
    this.#log.info('Shutting down: Master')
    if (this.#halt) throw fromFailure(this.#halt)
    return SERVER_EXIT.ok
  }

  stop(graceful: boolean): void {
    this.#events.push(graceful ? 'stop-graceful' : 'stop-quick')
  }

  /** The settings that hold for new workers. */
  get settings(): ServerSettings {
    return this.#resources.settings
  }

  /** @returns what went wrong, or `null` when every worker serves the new app. */
  reload(): Promise<ServerFailure | null> {
    return this.#reload.request()
  }

  scale(workers: number): void {
    this.#crew.scale(workers)
    this.#events.wake()
  }

  /** Asks every worker; one with a blocked event loop is reported with its last figures. */
  async stats(): Promise<ServerStats> {
    const { roster, target } = this.#crew
    const { tls } = this.#resources
    const workers = await Promise.all(roster.all.map((worker) => worker.stats(STATS_DEADLINE_MS)))
    return {
      arbiter: { pid: process.pid },
      restarts: this.#tally.restarts,
      restartReasons: this.#tally.restartReasons,
      recycled: this.#tally.recycled,
      target,
      tls: tls && { expiresAt: tls.expiresAt, fingerprint: tls.fingerprint },
      queues: this.#resources.addresses.map((address) => ({
        address: this.#resources.describe(address),
        waiting: listenQueue(address),
      })),
      workers,
    }
  }

  #reap(): void {
    const { roster } = this.#crew
    for (const worker of roster.reap()) this.#workerGone(worker)
    this.#resources.generations.keepOnly(new Set(roster.all.map((worker) => worker.generation)))
  }

  #workerGone(worker: WorkerHandle): void {
    if (worker.state === 'draining' || this.#stopping !== 'no') {
      this.#log.info(`Worker exiting (pid: ${worker.pid})`)
      return
    }
    const failure = worker.state === 'booting' ? bootFailure(worker) : null
    if (failure && !this.#crew.wasComplete) {
      this.#halt ??= failure
      this.#beginStop('quick')
      return
    }
    this.#log.error(
      failure ? `Worker (pid:${worker.pid}) failed to boot: ${failure.message}` : obituary(worker),
    )
    const newest = worker.generation === this.#resources.generations.current.number
    if (failure && this.#reload.rolling && newest) {
      this.#reload.abort(failure)
      return
    }
    this.#tally.restarted(failure ? 'boot' : 'crash')
    const delayMs = this.#crew.backoff.workerDied(monotonicMs(), worker.readyAtMs)
    if (delayMs > 1000) this.#log.warning(`Next attempt to start a worker in ${Math.round(delayMs / 1000)} s`)
  }

  #handleNextEvent(): void {
    const event = this.#events.shift()
    if (event === undefined) return
    if (event.startsWith('SIG')) this.#log.info(`Handling signal: ${event.slice(3).toLowerCase()}`)
    switch (event) {
      case 'SIGHUP':
        void this.#reload.start()
        break
      case 'SIGTTIN':
        this.#crew.scale(this.#crew.target + 1)
        break
      case 'SIGTTOU':
        this.#crew.scale(this.#crew.target - 1)
        break
      case 'SIGUSR1':
        for (const worker of this.#crew.roster.all) worker.reopenLogs()
        break
      case 'SIGUSR2':
        this.#log.warning('USR2 does nothing here: start the new server beside this one, then stop this one')
        break
      case 'SIGWINCH':
        // A terminal sends it when its window changes. Stopping all workers, as elsewhere, would be an accident.
        break
      case 'SIGTERM':
      case 'stop-graceful':
        this.#beginStop(this.#stopping === 'no' ? 'graceful' : 'quick')
        break
      case 'SIGINT':
      case 'SIGQUIT':
      case 'stop-quick':
        this.#beginStop('quick')
        break
    }
  }

  #beginStop(how: 'graceful' | 'quick'): void {
    if (this.#stopping === 'quick') return
    this.#stopping = how
    this.#resources.stopListening()
    this.#crew.stop(how)
  }

  #maintainWorkers(): void {
    if (this.#stopping !== 'no') return
    if (this.#crew.noteReadiness()) this.#announce()
    if (this.#reload.rolling) this.#reload.step()
    else {
      const retiring = retirees(this.#crew.roster, this.#tally, this.#log)
      if (retiring.length > 0) this.#crew.replace(retiring)
      else this.#crew.dismissSurplus()
    }
    this.#crew.fill()
    this.#reload.catchUp()
  }

  #announce(): void {
    const kind = this.#crew.roster.ready[0]?.appKind ?? ''
    const { addresses, generations } = this.#resources
    this.#onReady({ addresses, app: { kind, loader: generations.current.app.loader } })
  }
}
