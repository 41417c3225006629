import type { ServerSettings } from './settings.js'
import type { WorkerHandle } from './worker-handle.js'

export type Verdict = 'fine' | 'overdue' | 'boot-timeout' | 'blocked' | 'thread-blocked'

/** How often the arbiter's loop turns at least, milliseconds. */
export const TURN_MS = 500
const LONGEST_TURN_MS = 4 * TURN_MS

/** Judges whether a worker still does what it should, by the heartbeats of its event loops. */
export class Liveness {
  readonly #timeoutMs: number
  readonly #bootTimeoutMs: number
  #turnedAtMs: number
  /** Silence before this moment is not held against a worker: the arbiter itself did not run. */
  #countsFromMs = 0
  /** How long the threads of workers that are silent had waited for a core when they became suspect. */
  readonly #suspects = new WeakMap<Judged, number>()

  constructor(settings: Pick<ServerSettings, 'timeoutSeconds' | 'bootTimeoutSeconds'>, nowMs: number) {
    this.#timeoutMs = settings.timeoutSeconds * 1000
    this.#bootTimeoutMs = settings.bootTimeoutSeconds * 1000
    this.#turnedAtMs = nowMs
  }

  /** The arbiter's loop turns. When that took long, it was stopped or starved, and so were the workers. */
  turned(nowMs: number): void {
    const longestMs = Math.min(LONGEST_TURN_MS, TURN_MS + this.#timeoutMs / 4)
    if (nowMs - this.#turnedAtMs > longestMs) this.#countsFromMs = nowMs
    this.#turnedAtMs = nowMs
  }

  judge(worker: Judged, nowMs: number): Verdict {
    if (nowMs >= worker.killAtMs) return 'overdue'
    if (worker.state === 'booting') {
      return nowMs - worker.spawnedAtMs > this.#bootTimeoutMs ? 'boot-timeout' : 'fine'
    }
    if (worker.state === 'draining' || this.#timeoutMs === 0) return 'fine'
    const silentMs = this.#silentMs(worker.turnedAtMs, nowMs)
    const longestMs = this.#timeoutMs + this.#starvedMs(worker, silentMs)
    if (silentMs <= longestMs) return 'fine'
    // Threads have the main thread speak for them.
    return this.#silentMs(worker.heardAtMs, nowMs) > longestMs ? 'blocked' : 'thread-blocked'
  }

  #silentMs(sinceMs: number, nowMs: number): number {
    return nowMs - Math.max(sinceMs, this.#countsFromMs)
  }

  /**
   * For how long of its silence a worker was ready to run and got no core, as in a container that is throttled: to kill
   * it for that, and to load the app once more, would make things worse. Counted from the middle of the timeout, and no
   * more than another timeout, so that an endless loop on a crowded machine is found as well.
   */
  #starvedMs(worker: Judged, silentMs: number): number {
    if (silentMs <= this.#timeoutMs / 2) {
      this.#suspects.delete(worker)
      return 0
    }
    const waitedMs = worker.runQueueMs()
    const before = this.#suspects.get(worker)
    if (before === undefined) this.#suspects.set(worker, waitedMs)
    return Math.min(this.#timeoutMs, Math.max(0, waitedMs - (before ?? waitedMs)))
  }
}

type Judged = Pick<
  WorkerHandle,
  'state' | 'killAtMs' | 'spawnedAtMs' | 'turnedAtMs' | 'heardAtMs' | 'runQueueMs'
>
