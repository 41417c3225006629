import { monotonicMs } from './clock.js'
import type { Crew } from './crew.js'
import { writeHangReport } from './hang-report.js'
import { Liveness } from './liveness.js'
import type { Log } from './log.js'
import { bootTimeout } from './obituary.js'
import type { Resources } from './resources.js'
import type { ServerSettings } from './settings.js'
import type { Tally } from './tally.js'
import type { WorkerHandle } from './worker-handle.js'

/** Kills workers that do not do what they should in the time they have. */
export class Watchdog {
  readonly #resources: Resources
  readonly #crew: Crew
  readonly #tally: Tally
  readonly #log: Log
  readonly #longestTurnMs: number
  #judging: ServerSettings
  #liveness: Liveness

  /** @param longestTurnMs the arbiter was stopped or starved if its own loop took longer. */
  constructor(parts: { resources: Resources; crew: Crew; tally: Tally; log: Log }, longestTurnMs: number) {
    this.#resources = parts.resources
    this.#crew = parts.crew
    this.#tally = parts.tally
    this.#log = parts.log
    this.#longestTurnMs = longestTurnMs
    this.#judging = parts.resources.settings
    this.#liveness = new Liveness(this.#judging, longestTurnMs, monotonicMs())
  }

  /** @param expected the server is being stopped quickly, so a kill is no news. */
  check(expected: boolean): void {
    const nowMs = monotonicMs()
    const { settings } = this.#resources
    if (settings !== this.#judging) this.#liveness = new Liveness(settings, this.#longestTurnMs, nowMs)
    this.#judging = settings
    this.#liveness.turned(nowMs)
    for (const worker of this.#crew.roster.all) this.#act(worker, nowMs, expected)
  }

  #act(worker: WorkerHandle, nowMs: number, expected: boolean): void {
    switch (this.#liveness.judge(worker, nowMs)) {
      case 'overdue':
        this.#kill(worker, expected)
        break
      case 'boot-timeout':
        worker.failure ??= bootTimeout(this.#judging.bootTimeoutSeconds)
        this.#kill(worker, expected)
        break
      case 'blocked':
        this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid})`)
        this.#report(worker, nowMs)
        this.#tally.restarted('timeout')
        worker.state = 'draining'
        this.#kill(worker, expected)
        break
      case 'thread-blocked':
        // Its other threads are at work and may finish. The successor starts at once in either case.
        this.#log.critical(`WORKER TIMEOUT (pid:${worker.pid}): one of its threads is blocked`)
        this.#report(worker, nowMs)
        this.#tally.restarted('timeout')
        this.#crew.dismiss(worker)
        break
      case 'fine':
    }
  }

  /** Before the kill, while there is something to look at. */
  #report(worker: WorkerHandle, nowMs: number): void {
    const { reportDir } = this.#judging
    if (reportDir === null) return
    const written = writeHangReport(reportDir, worker.hangFacts(nowMs))
    if ('path' in written) this.#log.error(`Report on worker (pid:${worker.pid}): ${written.path}`)
    else this.#log.error(`No report on worker (pid:${worker.pid}): ${written.failed}`)
  }

  #kill(worker: WorkerHandle, expected: boolean): void {
    if (!expected) this.#log.warning(`Worker (pid:${worker.pid}) did not finish in time, killing`)
    worker.killAtMs = Infinity
    worker.kill('SIGKILL')
  }
}
