import type { ServerSettings } from './settings.js'
import type { WorkerHandle } from './worker-handle.js'

export type Verdict = 'fine' | 'overdue' | 'boot-timeout' | 'blocked' | 'thread-blocked'

/** Judges whether a worker still does what it should, by the heartbeats of its event loops. */
export class Liveness {
  readonly #timeoutMs: number
  readonly #bootTimeoutMs: number
  readonly #longestTurnMs: number
  #turnedAtMs: number
  /** Silence before this moment is not held against a worker: the arbiter itself did not run. */
  #countsFromMs = 0

  /** @param longestTurnMs the arbiter was stopped or starved if its own loop took longer. */
  constructor(
    settings: Pick<ServerSettings, 'timeoutSeconds' | 'bootTimeoutSeconds'>,
    longestTurnMs: number,
    nowMs: number,
  ) {
    this.#timeoutMs = settings.timeoutSeconds * 1000
    this.#bootTimeoutMs = settings.bootTimeoutSeconds * 1000
    this.#longestTurnMs = longestTurnMs
    this.#turnedAtMs = nowMs
  }

  /** The arbiter's loop turns. After a long sleep it has heartbeats to read before it may judge. */
  turned(nowMs: number): void {
    if (nowMs - this.#turnedAtMs > this.#longestTurnMs) this.#countsFromMs = nowMs
    this.#turnedAtMs = nowMs
  }

  judge(worker: Judged, nowMs: number): Verdict {
    if (nowMs >= worker.killAtMs) return 'overdue'
    if (worker.state === 'booting') {
      return nowMs - worker.spawnedAtMs > this.#bootTimeoutMs ? 'boot-timeout' : 'fine'
    }
    if (worker.state === 'draining' || !this.#silentSince(worker.turnedAtMs, nowMs)) return 'fine'
    // Threads have the main thread speak for them.
    return this.#silentSince(worker.heardAtMs, nowMs) ? 'blocked' : 'thread-blocked'
  }

  #silentSince(sinceMs: number, nowMs: number): boolean {
    return this.#timeoutMs > 0 && nowMs - Math.max(sinceMs, this.#countsFromMs) > this.#timeoutMs
  }
}

type Judged = Pick<WorkerHandle, 'state' | 'killAtMs' | 'spawnedAtMs' | 'turnedAtMs' | 'heardAtMs'>
