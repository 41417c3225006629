import { monotonicMs } from './clock.js'
import type { Crew } from './crew.js'
import { writeHangReport } from './hang-report.js'
import { Liveness } from './liveness.js'
import type { Log } from './log.js'
import { bootTimeout } from './obituary.js'
import type { ServerSettings } from './settings.js'
import type { WorkerHandle } from './worker-handle.js'

/** Looks at every worker once per turn of the arbiter's loop, and ends those that hang or are late. */
export class Watch {
  readonly #crew: Crew
  readonly #log: Log
  readonly #longestTurnMs: number
  /** Replaced by a reload. */
  #settings: ServerSettings
  #liveness: Liveness

  /** @param longestTurnMs the arbiter was stopped or starved if its own loop took longer. */
  constructor(settings: ServerSettings, crew: Crew, log: Log, longestTurnMs: number) {
    this.#crew = crew
    this.#log = log
    this.#longestTurnMs = longestTurnMs
    this.#settings = settings
    this.#liveness = new Liveness(settings, longestTurnMs, monotonicMs())
  }

  adopt(settings: ServerSettings): void {
    this.#settings = settings
    this.#liveness = new Liveness(settings, this.#longestTurnMs, monotonicMs())
  }

  /** @param quiet the server is stopping at once: that somebody is late goes without saying. */
  check(quiet: boolean): void {
    const nowMs = monotonicMs()
    this.#liveness.turned(nowMs)
    for (const worker of this.#crew.roster.all) {
      switch (this.#liveness.judge(worker, nowMs)) {
        case 'overdue':
          this.#kill(worker, quiet)
          break
        case 'boot-timeout':
          worker.failure ??= bootTimeout(this.#settings.bootTimeoutSeconds)
          this.#kill(worker, quiet)
          break
        case 'blocked':
          this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid})`)
          this.#report(worker)
          this.#crew.died('timeout', worker.readyAtMs)
          worker.state = 'draining'
          this.#kill(worker, quiet)
          break
        case 'thread-blocked':
          // Its other threads are at work and may finish. The successor starts at once in either case.
          this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid}): one of its threads is blocked`)
          this.#report(worker)
          this.#crew.died('timeout', worker.readyAtMs)
          this.#crew.dismiss(worker)
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

  #kill(worker: WorkerHandle, quiet: boolean): void {
    if (!quiet) this.#log.warning(`Worker (pid:${worker.pid}) did not finish in time, killing`)
    worker.killAtMs = Infinity
    worker.kill('SIGKILL')
  }
}
