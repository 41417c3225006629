import type { RunningTarget, Target } from '../experiment/ports.js'

/** Booting is CPU work: more than this many at once would only queue behind each other. */
const BOOTS_AT_ONCE = 2

/** Targets that are up at the same time, by label. Whatever it started is gone after `stop`. */
export class Fleet {
  readonly #running = new Map<string, RunningTarget>()

  /**
   * Starts the targets in order. When one fails, the others that were started are stopped before the error leaves; of several errors it is
   * that of the first in order, whichever was faster.
   */
  async start(targets: Target[], signal: AbortSignal, onStarted: (target: Target) => void): Promise<void> {
    const waiting = [...targets]
    const failures = new Map<Target | undefined, unknown>()
    const boot = async (): Promise<void> => {
      for (let target = waiting.shift(); target && failures.size === 0; target = waiting.shift()) {
        try {
          signal.throwIfAborted()
          this.#running.set(target.label, await target.start(signal))
          onStarted(target)
        } catch (error) {
          failures.set(target, error)
        }
      }
    }
    await Promise.all(Array.from({ length: BOOTS_AT_ONCE }, boot))
    if (failures.size > 0) {
      await this.stop()
      throw failures.get(targets.find((target) => failures.has(target)))
    }
  }

  has(label: string): boolean {
    return this.#running.has(label)
  }

  get(label: string): RunningTarget {
    const target = this.#running.get(label)
    if (!target) throw new Error(`target ${label} is not running`)
    return target
  }

  /** Stops the named targets, or all of them. */
  async stop(labels: string[] = [...this.#running.keys()]): Promise<void> {
    const stopping = labels.map(async (label) => {
      const target = this.#running.get(label)
      this.#running.delete(label)
      await target?.stop()
    })
    await Promise.all(stopping)
  }
}
