import { performance } from 'node:perf_hooks'
import type { BindAddress } from '../bind.js'
import type { AppRef, LoopStats } from '../protocol.js'
import type { ServerSettings } from '../settings.js'
import { LoopCounters } from './counters.js'
import type { LoopHost } from './host.js'
import { loadForLoop } from './load.js'
import { ServingLoop } from './serving-loop.js'

/** `sync`, and `async` without threads: the main thread's own event loop serves. */
export class MainLoopHost implements LoopHost {
  readonly counters = [new LoopCounters()]
  readonly #settings: ServerSettings
  readonly #app: AppRef
  readonly #listenFds: number[]
  readonly #addresses: BindAddress[]
  #loop: ServingLoop | null = null

  constructor(settings: ServerSettings, app: AppRef, listenFds: number[], addresses: BindAddress[]) {
    this.#settings = settings
    this.#app = app
    this.#listenFds = listenFds
    this.#addresses = addresses
  }

  async load(): Promise<{ kind: string }> {
    const [counters] = this.counters
    const app = await loadForLoop(this.#app, this.#addresses)
    this.#loop = new ServingLoop(this.#settings, this.#listenFds, app, counters ?? new LoopCounters())
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

  loops(): LoopStats[] {
    const { active, idle } = performance.eventLoopUtilization()
    return [{ id: 'main', activeMs: active, idleMs: idle }]
  }
}
