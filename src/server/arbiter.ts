import { Backoff } from './backoff.js'
import { describeAddress, parseBind } from './bind.js'
import { monotonicMs } from './clock.js'
import { openControlSocket, type ControlSocket } from './control/control-socket.js'
import { openMetrics, type MetricsServer } from './control/metrics-server.js'
import { fromFailure, SERVER_EXIT, toFailure, type ServerFailure } from './errors.js'
import { Generations } from './generations.js'
import { openListener, type Listener } from './listener.js'
import { listenQueue } from './listen-queue.js'
import { writeHangReport } from './hang-report.js'
import { resolveIdentity, type Identity } from './identity.js'
import { Liveness } from './liveness.js'
import type { Log } from './log.js'
import { descriptors } from './native/descriptors.js'
import { bootFailure, bootTimeout, obituary } from './obituary.js'
import { writePidfile, type Pidfile } from './pidfile.js'
import { memoryBytes } from './process-memory.js'
import type { AppInfo, ServerStats } from './protocol.js'
import { Retirement } from './recycling.js'
import { checkReload, type RereadSettings } from './reload-settings.js'
import { Roster } from './roster.js'
import { loopsPerWorker, MAX_WORKERS, type ServerSettings } from './settings.js'
import { onSignals, type ArbiterSignal } from './signals.js'
import { startWarnings } from './start-warnings.js'
import { readTls, tlsWarning, type TlsMaterial } from './tls-material.js'
import { WakeQueue } from './wake-queue.js'
import { WorkerHandle } from './worker-handle.js'

/** The loop turns at least this often. */
const TURN_MS = 500
/** What a worker that is told to go at once may take. */
const QUICK_STOP_MS = 1000
const STATS_DEADLINE_MS = 1000

const STOPPED: ServerFailure = {
  code: 'TUNE_E_STOPPED',
  message: 'The server stopped before the reload was complete',
  exit: SERVER_EXIT.internal,
  suggestions: [],
}

type Event = ArbiterSignal | 'stop-graceful' | 'stop-quick'

export interface ReadyInfo {
  addresses: Listener['address'][]
  app: AppInfo
}

/**
 * The parent of all workers. It binds the sockets and never accepts; it keeps the right number of workers of
 * the right generation alive and handles signals. Handlers only enqueue; everything happens in `run`'s loop.
 */
export class Arbiter {
  /** Replaced by a reload. */
  #settings: ServerSettings
  /** Read again by a reload. */
  #tls: TlsMaterial | null = null
  readonly #reread: RereadSettings | undefined
  readonly #log: Log
  readonly #onReady: (info: ReadyInfo) => void
  readonly #events = new WakeQueue<Event>()
  readonly #roster = new Roster()
  readonly #backoff = new Backoff()
  readonly #generations: Generations
  #liveness: Liveness
  #identity: Identity | null = null
  #pidfile: Pidfile | null = null
  #listeners: Listener[] = []
  #target: number
  #firstGenerationUp = false
  /** A reload is under way: workers of earlier generations are replaced one by one. */
  #rolling = false
  #compiling = false
  #reloadAgain = false
  #stopping: 'no' | 'graceful' | 'quick' = 'no'
  #halt: ServerFailure | null = null
  readonly #restartReasons: Record<string, number> = {}
  #recycled = 0
  /** Who asked for the reload that is under way, and for the one after it. */
  readonly #reloadServed: ((failure: ServerFailure | null) => void)[] = []
  readonly #reloadAsked: ((failure: ServerFailure | null) => void)[] = []
  #control: ControlSocket | null = null
  #metrics: MetricsServer | null = null

  /** @param reread gives the settings anew when the server is told to reload. */
  constructor(
    settings: ServerSettings,
    log: Log,
    onReady: (info: ReadyInfo) => void,
    reread?: RereadSettings,
  ) {
    this.#settings = settings
    this.#reread = reread
    this.#log = log
    this.#onReady = onReady
    this.#target = settings.workers
    this.#generations = new Generations(settings.app, settings.cwd)
    this.#liveness = new Liveness(settings, 4 * TURN_MS, monotonicMs())
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
      await this.#open()
      for (;;) {
        this.#reap()
        this.#handleNextEvent()
        this.#checkLiveness()
        this.#maintainWorkers()
        if (this.#stopping !== 'no' && this.#roster.all.length === 0) break
        await this.#events.sleep(TURN_MS)
      }
    } finally {
      for (const worker of this.#roster.all) worker.kill('SIGKILL')
      this.#close()
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
    return this.#settings
  }

  /** @returns what went wrong, or `null` when every worker serves the new app. */
  reload(): Promise<ServerFailure | null> {
    return new Promise((resolve) => {
      this.#reloadAsked.push(resolve)
      void this.#reload()
    })
  }

  scale(workers: number): void {
    this.#scale(workers)
    this.#events.wake()
  }

  /** Asks every worker; one with a blocked event loop is reported with its last figures. */
  async stats(): Promise<ServerStats> {
    const workers = await Promise.all(this.#roster.all.map((worker) => worker.stats(STATS_DEADLINE_MS)))
    return {
      arbiter: { pid: process.pid },
      restarts: Object.values(this.#restartReasons).reduce((sum, count) => sum + count, 0),
      restartReasons: { ...this.#restartReasons },
      recycled: this.#recycled,
      target: this.#target,
      tls: this.#tls && { expiresAt: this.#tls.expiresAt, fingerprint: this.#tls.fingerprint },
      queues: this.#listeners.map(({ address }) => ({
        address: this.#describe(address),
        waiting: listenQueue(address),
      })),
      workers,
    }
  }

  async #open(): Promise<void> {
    const { bind, backlog, workerClass, user, group, umask, pidfile } = this.#settings
    this.#identity = resolveIdentity(user, group)
    this.#generations.readableFor(this.#identity)
    if (umask !== null) process.umask(umask)
    if (pidfile !== null) this.#pidfile = writePidfile(pidfile)
    this.#useTls(readTls(this.#settings))
    await this.#generations.add()
    if (this.#settings.controlSocket !== null)
      this.#control = await openControlSocket(this.#settings.controlSocket, this)
    if (this.#settings.metricsBind !== null)
      this.#metrics = await openMetrics(this.#settings.metricsBind, () => this.stats())
    if (this.#metrics) this.#log.info(`Metrics at: ${this.#metrics.address}/metrics`)
    const native = descriptors()
    for (const text of bind) this.#listeners.push(await openListener(parseBind(text), backlog, native))
    const places = this.#listeners.map(({ address }) => this.#describe(address)).join(', ')
    this.#log.info(`Listening at: ${places} (${process.pid})`)
    this.#log.info(`Using worker: ${workerClass}`)
    for (const warning of startWarnings(this.#settings)) this.#log.warning(warning)
    if (native === null) {
      this.#log.warning(
        'Running without admission: koffi could not be loaded, so workers cannot stop accepting',
      )
    }
  }

  #useTls(material: TlsMaterial | null): void {
    this.#tls = material
    const warning = material && tlsWarning(material, Date.now())
    if (warning) this.#log.warning(warning)
  }

  #describe(address: Listener['address']): string {
    return describeAddress(address, this.#tls ? 'https' : 'http')
  }

  #close(): void {
    for (const listener of this.#listeners) {
      listener.close()
      listener.remove()
    }
    this.#generations.dispose()
    this.#pidfile?.remove()
    this.#settleReload(STOPPED)
    this.#control?.close()
    this.#metrics?.close()
  }

  // -- reap ------------------------------------------------------------------------------------------

  #reap(): void {
    for (const worker of this.#roster.reap()) this.#workerGone(worker)
    this.#generations.keepOnly(new Set(this.#roster.all.map((worker) => worker.generation)))
  }

  #workerGone(worker: WorkerHandle): void {
    if (worker.state === 'draining' || this.#stopping !== 'no') {
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
    if (failure && this.#rolling && worker.generation === this.#generations.current.number) {
      this.#abortReload(failure)
      return
    }
    this.#countRestart(failure ? 'boot' : 'crash')
    const delayMs = this.#backoff.workerDied(monotonicMs(), worker.readyAtMs)
    if (delayMs > 1000) this.#log.warning(`Next attempt to start a worker in ${Math.round(delayMs / 1000)} s`)
  }

  // -- signals ---------------------------------------------------------------------------------------

  #handleNextEvent(): void {
    const event = this.#events.shift()
    if (event === undefined) return
    if (event.startsWith('SIG')) this.#log.info(`Handling signal: ${event.slice(3).toLowerCase()}`)
    switch (event) {
      case 'SIGHUP':
        void this.#reload()
        break
      case 'SIGTTIN':
        this.#scale(this.#target + 1)
        break
      case 'SIGTTOU':
        this.#scale(this.#target - 1)
        break
      case 'SIGUSR1':
        for (const worker of this.#roster.all) worker.reopenLogs()
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

  #scale(target: number): void {
    this.#target = Math.min(MAX_WORKERS, Math.max(1, target))
  }

  #beginStop(how: 'graceful' | 'quick'): void {
    if (this.#stopping === 'quick') return
    this.#stopping = how
    // The workers' own copies keep the socket open until each of them has emptied the queue.
    for (const listener of this.#listeners) listener.close()
    const nowMs = monotonicMs()
    const killAtMs = nowMs + (how === 'quick' ? QUICK_STOP_MS : this.#settings.gracefulTimeoutSeconds * 1000)
    for (const worker of this.#roster.all) {
      if (how === 'graceful') worker.drain({ emptyBacklog: true, killAtMs })
      else {
        worker.killAtMs = killAtMs
        worker.state = 'draining'
        worker.kill('SIGQUIT')
      }
    }
  }

  // -- reload ----------------------------------------------------------------------------------------

  /** Compiles beside the running server; nothing changes when that fails. A request during a reload is kept. */
  async #reload(): Promise<void> {
    if (this.#compiling || this.#rolling || !this.#firstGenerationUp) {
      this.#reloadAgain = true
      return
    }
    this.#compiling = true
    this.#reloadServed.push(...this.#reloadAsked.splice(0))
    try {
      const settings = await checkReload(this.#settings, this.#reread)
      const tls = readTls(settings)
      await this.#generations.add()
      this.#useTls(tls)
      this.#adopt(settings)
      this.#rolling = true
    } catch (error) {
      const failure = toFailure(error, { code: 'TUNE_E_RELOAD', exit: SERVER_EXIT.usage })
      this.#log.error(`Reload failed, the old workers keep serving: ${failure.message}`)
      this.#settleReload(failure)
    } finally {
      this.#compiling = false
      this.#events.wake()
    }
  }

  /** Workers that are started from now on have these settings; a count changed by signals holds until the setting changes. */
  #adopt(settings: ServerSettings): void {
    if (settings.workers !== this.#settings.workers) this.#scale(settings.workers)
    this.#settings = settings
    this.#liveness = new Liveness(settings, 4 * TURN_MS, monotonicMs())
  }

  /** The old workers stay. The new app is forgotten unless a worker already serves it. */
  #abortReload(failure: ServerFailure): void {
    this.#settleReload(failure)
    this.#rolling = false
    this.#log.error('Reload aborted, the old workers keep serving')
    const { number } = this.#generations.current
    if (this.#roster.ready.some((worker) => worker.generation === number)) return
    for (const worker of this.#roster.booting) if (worker.generation === number) this.#dismiss(worker)
    this.#generations.giveUp()
  }

  /** One step: the next new worker, or farewell to one whose successor is ready. Never more than N + 1. */
  #replace(old: WorkerHandle[]): void {
    const [oldest] = old
    if (oldest === undefined || this.#roster.booting.length > 0) return
    if (this.#roster.active.length > this.#target) this.#dismiss(oldest)
    else if (this.#roster.all.length <= this.#target && this.#backoff.allows(monotonicMs())) this.#spawn()
  }

  #roll(active: WorkerHandle[]): void {
    const old = active.filter((worker) => worker.generation < this.#generations.current.number)
    this.#replace(old)
    if (old.length > 0 || this.#roster.booting.length > 0) return
    this.#rolling = false
    this.#log.info(`Reloaded: ${active.length} workers replaced`)
    this.#settleReload(null)
  }

  #settleReload(failure: ServerFailure | null): void {
    for (const settle of this.#reloadServed.splice(0)) settle(failure)
    if (failure === STOPPED) for (const settle of this.#reloadAsked.splice(0)) settle(failure)
  }

  #countRestart(reason: string): void {
    this.#restartReasons[reason] = (this.#restartReasons[reason] ?? 0) + 1
  }

  // -- recycling -------------------------------------------------------------------------------------

  /** Workers that have served long enough, in the order in which that was found. */
  #retiring(): WorkerHandle[] {
    const nowMs = monotonicMs()
    for (const worker of this.#roster.ready) {
      if (worker.retiring !== null) continue
      worker.retiring = worker.retirement.due(worker, nowMs, memoryBytes)
      if (worker.retiring === null) continue
      this.#recycled += 1
      this.#log.info(`Worker (pid:${worker.pid}) is replaced: it ${worker.retiring}`)
    }
    return this.#roster.ready.filter((worker) => worker.retiring !== null)
  }

  // -- liveness --------------------------------------------------------------------------------------

  #checkLiveness(): void {
    const nowMs = monotonicMs()
    this.#liveness.turned(nowMs)
    for (const worker of this.#roster.all) {
      switch (this.#liveness.judge(worker, nowMs)) {
        case 'overdue':
          this.#killLate(worker)
          break
        case 'boot-timeout':
          worker.failure ??= bootTimeout(this.#settings.bootTimeoutSeconds)
          this.#killLate(worker)
          break
        case 'blocked':
          this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid})`)
          this.#report(worker)
          this.#countRestart('timeout')
          worker.state = 'draining'
          this.#killLate(worker)
          break
        case 'thread-blocked':
          // Its other threads are at work and may finish. The successor starts at once in either case.
          this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid}): one of its threads is blocked`)
          this.#report(worker)
          this.#countRestart('timeout')
          this.#dismiss(worker)
          break
        case 'fine':
      }
    }
  }

  /** Before the kill, while there is something to look at. */
  #report(worker: WorkerHandle): void {
    const { reportDir } = this.#settings
    if (reportDir === null) return
    const written = writeHangReport(reportDir, worker.hangFacts(monotonicMs()))
    if ('path' in written) this.#log.error(`Report on worker (pid:${worker.pid}): ${written.path}`)
    else this.#log.error(`No report on worker (pid:${worker.pid}): ${written.failed}`)
  }

  #killLate(worker: WorkerHandle): void {
    if (this.#stopping !== 'quick')
      this.#log.warning(`Worker (pid:${worker.pid}) did not finish in time, killing`)
    worker.killAtMs = Infinity
    worker.kill('SIGKILL')
  }

  // -- worker count ----------------------------------------------------------------------------------

  #maintainWorkers(): void {
    if (this.#stopping !== 'no') return
    this.#noteReadiness()
    const active = this.#roster.active
    if (this.#rolling) this.#roll(active)
    else {
      const retiring = this.#retiring()
      if (retiring.length > 0) this.#replace(retiring)
      else if (active.length > this.#target) this.#dismissSurplus(active)
    }
    for (let missing = this.#target - this.#roster.active.length; missing > 0; missing -= 1) {
      // After failures one worker at a time finds out whether the app starts again.
      const cautious = this.#backoff.failures > 0 && this.#roster.booting.length > 0
      if (cautious || !this.#backoff.allows(monotonicMs())) break
      this.#spawn()
    }
    if (this.#reloadAgain && !this.#rolling && !this.#compiling && this.#firstGenerationUp) {
      this.#reloadAgain = false
      void this.#reload()
    }
  }

  #noteReadiness(): void {
    const ready = this.#roster.ready
    const youngest = Math.max(...ready.map((worker) => worker.readyAtMs ?? 0))
    if (ready.length > 0) this.#backoff.workersLive(monotonicMs(), youngest)
    if (this.#firstGenerationUp || ready.length === 0 || ready.length < this.#target) return
    this.#firstGenerationUp = true
    this.#onReady({
      addresses: this.#listeners.map(({ address }) => address),
      app: { kind: ready[0]?.appKind ?? '', loader: this.#generations.current.app.loader },
    })
  }

  #spawn(): void {
    const { number, app } = this.#generations.current
    const { entryPath, exportName, spec } = app
    const worker = new WorkerHandle({
      nr: this.#roster.freeNr(),
      generation: number,
      listenerFds: this.#listeners.map(({ fd }) => fd),
      loops: loopsPerWorker(this.#settings),
      retirement: new Retirement(this.#settings, Math.random()),
      identity: this.#identity,
      start: {
        settings: this.#settings,
        app: { entryPath, exportName, spec },
        addresses: this.#listeners.map(({ address }) => address),
        tls: this.#tls,
      },
      onChange: () => this.#events.wake(),
    })
    this.#log.info(`Booting worker with pid: ${worker.pid}`)
    this.#roster.add(worker)
  }

  #dismissSurplus(active: WorkerHandle[]): void {
    for (const worker of active.slice(0, active.length - this.#target)) this.#dismiss(worker)
  }

  #dismiss(worker: WorkerHandle): void {
    const killAtMs = monotonicMs() + this.#settings.gracefulTimeoutSeconds * 1000
    worker.drain({ emptyBacklog: false, killAtMs })
  }
}
