import { monotonicMs } from './clock.js'
import type { Crew } from './crew.js'
import { writeHangReport } from './hang/hang-report.js'
import { culprit } from './hang/paused-stack.js'
import { processStack } from './hang/process-stack.js'
import type { Hooks } from './hooks.js'
import { Liveness } from './liveness.js'
import type { Log } from './log.js'
import { bootTimeout } from './obituary.js'
import { STACK_LIMIT_MS } from './protocol.js'
import type { ServerSettings } from './settings.js'
import type { WorkerHandle } from './worker-handle.js'

export interface WatchParts {
  crew: Crew
  log: Log
  hooks: Hooks
}

/** An app that takes longer to load is worth a word before its time is over. */
const LONG_BOOT_MS = 10_000

/** Looks at every worker once per turn of the arbiter's loop, and ends those that hang or are late. */
export class Watch {
  readonly #parts: WatchParts
  /** Replaced by a reload. */
  #settings: ServerSettings
  #liveness: Liveness
  readonly #slow = new WeakSet<WorkerHandle>()

  constructor(settings: ServerSettings, parts: WatchParts) {
    this.#parts = parts
    this.#settings = settings
    this.#liveness = new Liveness(settings, monotonicMs())
  }

  adopt(settings: ServerSettings): void {
    this.#settings = settings
    this.#liveness = new Liveness(settings, monotonicMs())
  }

  /** @param quiet the server is stopping at once: that somebody is late goes without saying. */
  check(quiet: boolean): void {
    const nowMs = monotonicMs()
    this.#liveness.turned(nowMs)
    for (const worker of this.#parts.crew.roster.all) {
      switch (this.#liveness.judge(worker, nowMs)) {
        case 'overdue':
          this.#kill(worker, quiet)
          break
        case 'boot-timeout':
          worker.failure ??= bootTimeout(this.#settings.bootTimeoutSeconds)
          this.#kill(worker, quiet)
          break
        case 'blocked':
          this.#blocked(worker, nowMs)
          break
        case 'thread-blocked':
          this.#threadBlocked(worker, nowMs)
          break
        case 'fine':
          this.#noteLongBoot(worker, nowMs)
      }
    }
  }

  /** Once for each worker: with nothing said, a hanging app looks like a hanging server. */
  #noteLongBoot(worker: WorkerHandle, nowMs: number): void {
    if (worker.state !== 'booting' || this.#slow.has(worker)) return
    if (nowMs - worker.spawnedAtMs < LONG_BOOT_MS) return
    this.#slow.add(worker)
    this.#parts.log.warning(
      `Worker ${worker.nr} (pid:${worker.pid}) is still loading the app after ${LONG_BOOT_MS / 1000} s; it is given ${this.#settings.bootTimeoutSeconds} s (--boot-timeout)`,
    )
  }

  /** The successor starts at once; the worker lives until it was looked at, as there is nothing to see afterwards. */
  #blocked(worker: WorkerHandle, nowMs: number): void {
    const { crew, log } = this.#parts
    log.critical(`WORKER TIMEOUT (pid:${worker.pid})`)
    const facts = worker.hangFacts(nowMs)
    worker.state = 'draining'
    crew.died('timeout', worker.readyAtMs)
    worker.killAtMs = Math.min(worker.killAtMs, nowMs + 2 * STACK_LIMIT_MS)
    const canRun = ['R', 'S'].includes(facts.threads[0]?.stateCode ?? '?')
    if (this.#settings.hangStack && canRun) {
      void processStack(worker.pid, STACK_LIMIT_MS).then((stack) => {
        this.#report(worker, { ...facts, stack })
        this.#kill(worker, false)
      })
    } else {
      this.#report(worker, { ...facts, stack: null })
      this.#kill(worker, false)
    }
  }

  /** Its other threads are at work and may finish. */
  #threadBlocked(worker: WorkerHandle, nowMs: number): void {
    const { crew, log } = this.#parts
    log.critical(`WORKER TIMEOUT (pid:${worker.pid}): one of its threads is blocked`)
    const facts = worker.hangFacts(nowMs)
    crew.dismiss(worker)
    crew.died('timeout', worker.readyAtMs)
    const reading = this.#settings.hangStack ? worker.threadStack() : Promise.resolve(null)
    void reading.then((stack) => this.#report(worker, { ...facts, stack }))
  }

  #report(worker: WorkerHandle, facts: Parameters<typeof writeHangReport>[1]): void {
    const { log, hooks } = this.#parts
    const { pid, nr, stack, silentMs } = facts
    const frame = stack && culprit(stack)
    if (frame !== null) log.error(`Worker (pid:${pid}) hangs in ${frame}`)
    hooks.call('onWorkerTimeout', { nr, pid, silentMs, stack, reportPath: this.#written(worker, facts) })
  }

  /** @returns the path of the report, `null` when there is none. */
  #written(worker: WorkerHandle, facts: Parameters<typeof writeHangReport>[1]): string | null {
    const { reportDir } = this.#settings
    if (reportDir === null) return null
    const written = writeHangReport(reportDir, facts)
    const path = 'path' in written ? written.path : null
    const how =
      'path' in written
        ? `Report on worker (pid:${worker.pid}): ${written.path}`
        : `No report on worker (pid:${worker.pid}): ${written.failed}`
    this.#parts.log.error(how)
    return path
  }

  #kill(worker: WorkerHandle, quiet: boolean): void {
    if (worker.exit !== null) return
    if (!quiet) this.#parts.log.warning(`Worker (pid:${worker.pid}) did not finish in time, killing`)
    worker.killAtMs = Infinity
    worker.kill('SIGKILL')
  }
}
