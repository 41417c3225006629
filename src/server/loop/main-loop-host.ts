import { performance } from 'node:perf_hooks'
import { balanceAt } from './balance.js'
import { LoopCounters } from './counters.js'
import type { HostSpec, LoopHost } from './host.js'
import { loadForLoop } from './load.js'
import { ServingLoop } from './serving-loop.js'

/** `sync`, and `async` without threads: the main thread's own event loop serves. */
export class MainLoopHost implements LoopHost {
  readonly counters = [new LoopCounters()]
  readonly #spec: HostSpec
  #loop: ServingLoop | null = null

  constructor(spec: HostSpec) {
    this.#spec = spec
  }

  async load(): Promise<{ kind: string }> {
    const [counters] = this.counters
    const { settings, addresses, tls, listenFds, board } = this.#spec
    const app = await loadForLoop(this.#spec.app, addresses)
    this.#loop = new ServingLoop({
      ...{ settings, app, tls },
      listenFds: listenFds[0] ?? [],
      counters: counters ?? new LoopCounters(),
      balance: balanceAt(board && { fd: board.fd, seat: board.seats[0] ?? 0 }),
    })
    return { kind: app.kind }
  }

  accept(): Promise<void> {
    this.#loop?.start()
    return Promise.resolve()
  }

  async drain(emptyBacklog: boolean): Promise<void> {
    await this.#loop?.drain(emptyBacklog)
  }

  reopenLogs(): void {
    this.#loop?.reopenLogs()
  }

  utilization() {
    return [performance.eventLoopUtilization()]
  }

  nameOf(): string {
    return 'main'
  }

  /** Whoever can be asked does not hang. */
  silentStack(): Promise<null> {
    return Promise.resolve(null)
  }
}
