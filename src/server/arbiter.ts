import { isatty } from 'node:tty'
import { Announcer } from './announcer.js'
import { monotonicMs } from './clock.js'
import { Crew } from './crew.js'
import { fromFailure, SERVER_EXIT, type ServerFailure } from './errors.js'
import { Generations } from './generations.js'
import { Hooks, type ServerHooks } from './hooks.js'
import { takeInherited } from './inherited.js'
import type { Listener } from './listener.js'
import type { Log } from './log.js'
import { sockets } from './native/sockets.js'
import { bootFailure, obituary } from './obituary.js'
import { orphansOf } from './orphans.js'
import type { AppInfo, ServerStats } from './protocol.js'
import { Reloading } from './reloading.js'
import type { RereadSettings } from './reload-settings.js'
import { Resources } from './resources.js'
import { serverStats } from './server-stats.js'
import type { ServerSettings } from './settings.js'
import { onSignals, type ArbiterSignal } from './signals.js'
import { Succession } from './succession.js'
import { Supervisor } from './supervisor.js'
import { readTls, type TlsMaterial } from './tls-material.js'
import { titleOf } from './title.js'
import { WakeQueue } from './wake-queue.js'
import { Watch } from './watch.js'
import type { WorkerHandle } from './worker-handle.js'
import { enterDirectory } from './working-directory.js'

/** The loop turns at least this often. */
const TURN_MS = 500
/** What a worker that is told to go at once may take. */
const QUICK_STOP_MS = 1000

type Event = ArbiterSignal | 'stop-graceful' | 'stop-quick'

export interface ReadyInfo {
  addresses: Listener['address'][]
  app: AppInfo
}

export interface ArbiterOptions {
  log: Log
  /** Called once, when every worker of the first generation is ready. */
  onReady: (info: ReadyInfo) => void
  /** Gives the settings anew when the server is told to reload. */
  reread?: RereadSettings | undefined
  /** Functions to call; asked for each time, as a reload may bring others. */
  hooks?: (() => ServerHooks) | undefined
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
  #firstGenerationUp = false
  #stopping: 'no' | 'graceful' | 'quick' = 'no'
  #halt: ServerFailure | null = null

  constructor(settings: ServerSettings, { log, onReady, reread, hooks, upgradable }: ArbiterOptions) {
    this.#hooks = new Hooks(() => hooks?.() ?? {}, log)
    this.#log = log
    this.#onReady = onReady
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
      onBackedOut: (pid) => this.#backedOut(pid),
    })
    const crew = new Crew({ settings, log, generations, resources, onChange: wake })
    this.#crew = crew
    this.#announcer = new Announcer({ crew, supervisor: this.#supervisor, hooks: this.#hooks })
    this.#watch = new Watch(settings, { crew, log, hooks: this.#hooks, longestTurnMs: 4 * TURN_MS })
    const onAdopted = (adopted: ServerSettings, tls: TlsMaterial | null) => {
      crew.adopt(adopted)
      resources.useTls(tls)
      this.#watch.adopt(adopted)
    }
    this.#reloading = new Reloading({
      ...{ settings, log, crew, generations, reread, onAdopted, wake },
      onBegun: () => this.#supervisor.reloading(process.hrtime.bigint() / 1000n),
      onEnded: (failure) => this.#reloadEnded(failure),
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
        await this.#noticePromotion()
        this.#supervisor.turned(monotonicMs())
        this.#orphans?.turned(monotonicMs())
        this.#watch.check(this.#stopping === 'quick')
        this.#maintainWorkers()
        this.#announcer.turned()
        if (this.#stopping !== 'no' && this.#crew.roster.all.length === 0) break
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
    if (this.#halt) throw fromFailure(this.#halt)
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
    for (const worker of roster.reap()) this.#workerGone(worker)
    this.#generations.keepOnly(new Set(roster.all.map((worker) => worker.generation)))
  }

  #workerGone(worker: WorkerHandle): void {
    const isExpected = worker.state === 'draining' || this.#stopping !== 'no'
    this.#announcer.gone(worker, isExpected)
    if (isExpected) {
      this.#log.info(`Worker exiting (pid: ${worker.pid})`)
      return
    }
    const failure = worker.state === 'booting' ? bootFailure(worker) : null
    if (failure && !this.#firstGenerationUp) {
      this.#halt ??= failure
      this.#beginStop('quick')
      return
    }
    this.#log.error(
      failure ? `Worker (pid:${worker.pid}) failed to boot: ${failure.message}` : obituary(worker),
    )
    if (failure && this.#reloading.isRolling && worker.generation === this.#generations.current.number) {
      this.#reloading.abort(failure)
      return
    }
    this.#crew.died(failure ? 'boot' : 'crash', worker.readyAtMs)
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
        for (const worker of this.#crew.roster.all) worker.reopenLogs()
        break
      case 'SIGUSR2':
        this.#upgrade()
        break
      case 'SIGWINCH':
        this.#rest()
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

  #upgrade(): void {
    if (this.#stopping !== 'no') this.#log.warning('No upgrade: this server is going down')
    else this.#succession.begin(this.#resources.listeners, this.#inherited.activated)
  }

  /** The workers go, the arbiter and its sockets stay: the new server of an upgrade has the clients to itself. */
  #rest(): void {
    // A terminal sends this signal when its window changes.
    if ([0, 1, 2].some((fd) => isatty(fd)) || this.#stopping !== 'no') return
    this.#log.warning('The workers go; HUP or TTIN brings them back')
    this.#crew.rest()
  }

  /** Nobody would serve otherwise. */
  #backedOut(successorPid: number | null): void {
    this.#resources.forgetSuccessor(successorPid, this.settings)
    this.#crew.resume()
    this.#events.wake()
  }

  async #noticePromotion(): Promise<void> {
    if (!this.#succession.noticePromotion()) return
    this.#log.info('The old server is gone; this one is the server')
    this.#resources.takePidfile(this.settings)
    if (this.#stopping !== 'no') return
    // Awaited, so that what is opened here is there to be closed when the next event is a stop.
    await this.#resources.promote(this.settings, this)
    if (this.#firstGenerationUp) this.#supervisor.ready('Upgraded')
  }

  #beginStop(how: 'graceful' | 'quick'): void {
    if (this.#stopping === 'quick') return
    this.#stopping = how
    const { successorPid, hasCompanion } = this.#succession
    if (successorPid !== null) this.#supervisor.successor(successorPid)
    else if (!hasCompanion) this.#supervisor.stopping()
    this.#resources.closeListeners()
    const allowedMs = how === 'quick' ? QUICK_STOP_MS : this.settings.gracefulTimeoutSeconds * 1000
    const killAtMs = monotonicMs() + allowedMs
    for (const worker of this.#crew.roster.all) {
      if (how === 'graceful') worker.drain({ emptyBacklog: !hasCompanion, killAtMs })
      else worker.quit(killAtMs)
    }
  }

  // -- worker count ----------------------------------------------------------------------------------

  #maintainWorkers(): void {
    if (this.#stopping !== 'no') return
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
