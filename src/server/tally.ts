/** What happened to workers since the server started, by reason. */
export class Tally {
  readonly #restarts: Record<string, number> = {}
  /** Workers that were replaced because they had served long enough. */
  recycled = 0

  /** A worker died, or had to be killed, and is started again. */
  restarted(reason: 'crash' | 'boot' | 'timeout'): void {
    this.#restarts[reason] = (this.#restarts[reason] ?? 0) + 1
  }

  get restarts(): number {
    return Object.values(this.#restarts).reduce((sum, count) => sum + count, 0)
  }

  get restartReasons(): Record<string, number> {
    return { ...this.#restarts }
  }
}
