import { Announcer } from './announcer.js'
import { Casualties } from './casualties.js'
import { monotonicMs } from './clock.js'
import { Crew } from './crew.js'
import { fromFailure, SERVER_EXIT, type ServerFailure } from './errors.js'
import { Generations } from './generations.js'
import { Handover } from './handover.js'
import { openReportDir } from './hang/report-dir.js'
import { Hooks, type ServerHooks } from './hooks.js'
import { takeInherited } from './inherited.js'
import type { Listener } from './listener.js'
import { TURN_MS } from './liveness.js'
import type { Log } from './log.js'
import { sockets } from './native/sockets.js'
import { orphansOf } from './orphans.js'
import type { AppInfo, ServerStats } from './protocol.js'
import { Reloading } from './reloading.js'
import type { Held, Reread } from './reload-settings.js'
import { Resources } from './resources.js'
import { serverStats } from './server-stats.js'
import type { ServerSettings } from './settings.js'
import { onSignals, type ArbiterSignal } from './signals.js'
import { Shutdown } from './shutdown.js'
import { Succession } from './succession.js'
import { Supervisor } from './supervisor.js'
import { readTls, type TlsMaterial } from './tls-material.js'
import { titleOf } from './title.js'
import { WakeQueue } from './wake-queue.js'
import { Watch } from './watch.js'
import { enterDirectory } from './working-directory.js'

type Event = ArbiterSignal | 'stop-graceful' | 'stop-quick'

export interface ReadyInfo {
  addresses: Listener['address'][]
  app: AppInfo
}

export interface ArbiterOptions {
  log: Log
  /** Log files were moved away. */
  reopenLog: () => void
  /** Called once, when every worker of the first generation is ready. */
  onReady: (info: ReadyInfo) => void
  /** Gives settings and hooks anew when the server is told to reload. */
  reread?: Reread | undefined
  /** Functions to call. */
  hooks?: ServerHooks | undefined
  /** May USR2 start the same command line again? */
  upgradable: boolean
}

/**
 * The parent of all workers. It binds the sockets and never accepts; it keeps the right number of workers of
 * the right generation alive and handles signals. Handlers only enqueue; everything happens in `run`'s loop.
 */
export class Arbiter {
  readonly #log: Log
  readonly #onReady: (info: ReadyInfo) => void
  readonly #events = new WakeQueue<Event>()
  readonly #inherited = takeInherited(process.env, process.pid)
  readonly #supervisor = new Supervisor(process.env, process.pid, sockets())
  readonly #resources: Resources
  readonly #succession: Succession
  readonly #generations: Generations
  readonly #crew: Crew
  readonly #reloading: Reloading
  readonly #watch: Watch
  readonly #hooks: Hooks
  readonly #announcer: Announcer
  readonly #orphans = orphansOf(process.pid)
  readonly #shutdown: Shutdown
  readonly #handover: Handover
  readonly #casualties: Casualties
  readonly #reopenLog: () => void
  #firstGenerationUp = false

  constructor(settings: ServerSettings, options: ArbiterOptions) {
    const { log, reread, hooks = {}, upgradable } = options
    this.#hooks = new Hooks(hooks, log)
    this.#log = log
    this.#onReady = options.onReady
    this.#reopenLog = options.reopenLog
    const wake = () => this.#events.wake()
    const generations = new Generations(settings.app, settings.cwd)
    const resources = new Resources(log, this.#inherited)
    this.#generations = generations
    this.#resources = resources
    this.#succession = new Succession({
      log,
      allowed: upgradable,
      predecessorPid: this.#inherited.predecessorPid,
      environment: this.#supervisor.environment,
      onBackedOut: (pid) => {
        this.#handover.backedOut(pid)
        wake()
      },
    })
    const crew = new Crew({ settings, log, generations, resources, onChange: wake })
    this.#crew = crew
    this.#shutdown = new Shutdown({
      ...{ crew, resources, succession: this.#succession, supervisor: this.#supervisor },
      settings: () => this.settings,
    })
    this.#announcer = new Announcer({ crew, supervisor: this.#supervisor, hooks: this.#hooks })
    this.#watch = new Watch(settings, { crew, log, hooks: this.#hooks })
    const onAdopted = (held: Held, tls: TlsMaterial | null) => {
      crew.adopt(held.settings)
      resources.useTls(tls)
      this.#watch.adopt(held.settings)
      this.#hooks.adopt(held.hooks)
    }
    this.#reloading = new Reloading({
      ...{ held: { settings, hooks }, log, crew, generations, reread, onAdopted, wake },
      tlsNow: () => resources.tls,
      onBegun: () => this.#supervisor.reloading(process.hrtime.bigint() / 1000n),
      onEnded: (failure) => this.#reloadEnded(failure),
    })
    this.#handover = new Handover({
      ...{ log, crew, resources, inherited: this.#inherited, server: this },
      ...{ succession: this.#succession, supervisor: this.#supervisor, shutdown: this.#shutdown },
    })
    this.#casualties = new Casualties({
      ...{ log, crew, generations, reloading: this.#reloading },
      ...{ shutdown: this.#shutdown, announcer: this.#announcer },
    })
  }

  /**
   * Serves until told to stop.
   *
   * @returns the exit code.
   * @throws {ServerError} when the server could not start. Nothing is left running then.
   */
  async run(): Promise<number> {
    process.title = titleOf('arbiter', this.settings)
    const removeHandlers = onSignals((signal) => this.#events.push(signal))
    try {
      await this.#open()
      for (;;) {
        this.#reap()
        this.#handleNextEvent()
        await this.#handover.noticePromotion(this.#firstGenerationUp)
        this.#supervisor.turned(monotonicMs())
        this.#orphans?.turned(monotonicMs())
        this.#watch.check(this.#shutdown.isQuick)
        this.#maintainWorkers()
        if (!this.#shutdown.isUnderWay) this.#announcer.turned()
        if (this.#shutdown.isUnderWay && this.#crew.roster.all.length === 0) break
        await this.#events.sleep(Math.min(TURN_MS, this.#supervisor.beatEveryMs))
      }
    } finally {
      for (const worker of this.#crew.roster.all) worker.kill('SIGKILL')
      if (this.#firstGenerationUp) await this.#hooks.exit()
      const { hasCompanion, successorPid } = this.#succession
      this.#resources.close({ keepSockets: hasCompanion, keepPidfile: successorPid !== null })
      this.#generations.dispose()
      this.#reloading.stopped()
      removeHandlers()
    }
    this.#log.info('Shutting down: Master')
    if (this.#shutdown.failure) throw fromFailure(this.#shutdown.failure)
    return SERVER_EXIT.ok
  }

  stop(graceful: boolean): void {
    this.#events.push(graceful ? 'stop-graceful' : 'stop-quick')
  }

  /** The settings that hold for new workers. */
  get settings(): ServerSettings {
    return this.#reloading.settings
  }

  /** @returns what went wrong, or `null` when every worker serves the new app. */
  reload(): Promise<ServerFailure | null> {
    this.#crew.resume()
    return this.#reloading.ask()
  }

  scale(workers: number): void {
    this.#crew.resume()
    this.#crew.scale(workers)
    this.#events.wake()
  }

  stats(): Promise<ServerStats> {
    return serverStats(this.#crew, this.#resources)
  }

  async #open(): Promise<void> {
    enterDirectory(this.settings.cwd)
    this.#resources.claim(this.settings)
    openReportDir(this.settings.reportDir, this.settings.cwd)
    this.#generations.readableFor(this.#resources.identity)
    this.#resources.useTls(readTls(this.settings))
    await this.#generations.add()
    await this.#resources.open(this.settings, this)
    if (this.#supervisor.isMute) {
      this.#log.warning(
        'The supervisor is not told when the workers are ready: koffi could not be loaded. A unit with Type=notify needs Type=exec',
      )
    }
  }

  // -- reap ------------------------------------------------------------------------------------------

  #reap(): void {
    const { roster } = this.#crew
    for (const worker of roster.reap()) this.#casualties.gone(worker, this.#firstGenerationUp)
    this.#generations.keepOnly(new Set(roster.all.map((worker) => worker.generation)))
  }

  #reloadEnded(failure: ServerFailure | null): void {
    this.#supervisor.ready(failure === null ? 'Reloaded' : `Reload failed: ${failure.message}`)
    this.#hooks.call('onReload', { failure: failure && { code: failure.code, message: failure.message } })
  }

  // -- signals ---------------------------------------------------------------------------------------

  #handleNextEvent(): void {
    const event = this.#events.shift()
    if (event === undefined) return
    if (event.startsWith('SIG')) this.#log.info(`Handling signal: ${event.slice(3).toLowerCase()}`)
    switch (event) {
      case 'SIGHUP':
        this.#crew.resume()
        this.#reloading.request()
        break
      case 'SIGTTIN':
        if (this.#crew.isResting) this.#crew.resume()
        else this.#crew.scale(this.#crew.target + 1)
        break
      case 'SIGTTOU':
        this.#crew.scale(this.#crew.target - 1)
        break
      case 'SIGUSR1':
        this.#reopenLog()
        this.#crew.reopenLogs()
        break
      case 'SIGUSR2':
        this.#handover.begin()
        break
      case 'SIGWINCH':
        this.#handover.rest()
        break
      case 'SIGTERM':
      case 'stop-graceful':
        this.#shutdown.begin('graceful')
        break
      case 'SIGINT':
      case 'SIGQUIT':
      case 'stop-quick':
        this.#shutdown.begin('quick')
        break
    }
  }

  // -- worker count ----------------------------------------------------------------------------------

  #maintainWorkers(): void {
    if (this.#shutdown.isUnderWay) return
    this.#noteReadiness()
    if (this.#reloading.isRolling) this.#reloading.roll()
    else this.#crew.renew()
    this.#crew.fill()
    if (this.#firstGenerationUp) this.#reloading.beginIfWanted()
  }

  #noteReadiness(): void {
    const { ready } = this.#crew.roster
    const youngest = Math.max(...ready.map((worker) => worker.readyAtMs ?? 0))
    if (ready.length > 0) this.#crew.backoff.workersLive(monotonicMs(), youngest)
    if (this.#firstGenerationUp || ready.length === 0 || ready.length < this.#crew.target) return
    this.#firstGenerationUp = true
    const { addresses } = this.#resources
    const places = addresses.map((address) => this.#resources.describe(address))
    this.#log.info(`Ready: ${this.#announcer.ready(places)}`)
    this.#onReady({
      addresses,
      app: { kind: ready[0]?.appKind ?? '', loader: this.#generations.current.app.loader },
    })
  }
}
