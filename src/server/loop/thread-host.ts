import { Worker } from 'node:worker_threads'
import { fromFailure, ServerError, SERVER_EXIT } from '../errors.js'
import { loopsPerWorker } from '../settings.js'
import { CELL, LoopCounters } from './counters.js'
import type { HostSpec, LoopHost } from './host.js'
import type { ThreadData, ThreadMessage, ThreadRequest } from './thread-protocol.js'

/** `threaded`, and `async` with threads. The main thread runs nothing of the app, so it always answers. */
export class ThreadHost implements LoopHost {
  readonly counters: LoopCounters[] = []
  readonly #threads: Worker[] = []
  readonly #data: Omit<ThreadData, 'listenFds' | 'counters' | 'board'>
  readonly #listenFds: number[][]
  readonly #board: HostSpec['board']
  #draining = false

  constructor({ settings, app, addresses, tls, listenFds, board }: HostSpec) {
    this.#board = board
    this.#data = { settings, app, addresses, tls }
    this.#listenFds = listenFds
  }

  async load(): Promise<{ kind: string }> {
    const count = loopsPerWorker(this.#data.settings)
    const loading = Array.from({ length: count }, (_, index) => this.#startThread(index))
    const [first] = await Promise.all(loading)
    return { kind: first?.kind ?? '' }
  }

  async accept(): Promise<void> {
    const accepting = this.#threads.map((thread) => messageOf(thread, 'accepting'))
    this.#tellAll({ type: 'accept' })
    await Promise.all(accepting)
  }

  async drain(emptyBacklog: boolean): Promise<void> {
    this.#draining = true
    const drained = this.#threads.map((thread) => messageOf(thread, 'drained'))
    this.#tellAll({ type: 'drain', emptyBacklog })
    await Promise.all(drained)
  }

  reopenLogs(): void {
    this.#tellAll({ type: 'reopen-logs' })
  }

  utilization() {
    return this.#threads.map((thread) => thread.performance.eventLoopUtilization())
  }

  nameOf(index: number): string {
    return `thread-${index + 1}`
  }

  async silentStack(limitMs: number): Promise<string[] | null> {
    const turned = this.counters.map((loop) => loop.get(CELL.turnedAtMs))
    const thread = this.#threads[turned.indexOf(Math.min(...turned))]
    if (thread === undefined) return null
    // Loaded only now: most workers never need it.
    const { threadStack } = await import('../hang/thread-stack.js')
    return threadStack(thread.threadId, limitMs)
  }

  async #startThread(index: number): Promise<{ kind: string }> {
    const counters = new SharedArrayBuffer(LoopCounters.bytes)
    this.counters.push(new LoopCounters(counters))
    const seat = this.#board?.seats[index]
    const board = this.#board && seat !== undefined ? { fd: this.#board.fd, seat } : null
    const workerData: ThreadData = { ...this.#data, listenFds: this.#listenFds[index] ?? [], counters, board }
    // Untracked: the loop closes descriptors that it inherited and did not open.
    const thread = new Worker(new URL('./thread.js', import.meta.url), {
      workerData,
      trackUnmanagedFds: false,
    })
    this.#threads.push(thread)
    // A thread shares its fate with the process, as a crash of the app does in the other classes.
    thread.on('error', (error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`)
      process.exit(1)
    })
    thread.on('exit', (code) => {
      if (!this.#draining) process.exit(code)
    })
    return messageOf(thread, 'loaded')
  }

  #tellAll(request: ThreadRequest): void {
    for (const thread of this.#threads) thread.postMessage(request)
  }
}

/** The thread's next message of that type; a failure rejects. */
function messageOf<Type extends ThreadMessage['type']>(
  thread: Worker,
  type: Type,
): Promise<Extract<ThreadMessage, { type: Type }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: ThreadMessage) => {
      if (message.type === 'failed') reject(fromFailure(message.error))
      else if (message.type === type) resolve(message as Extract<ThreadMessage, { type: Type }>)
      else return
      thread.off('message', listen)
    }
    thread.on('message', listen)
    thread.once('exit', (code) =>
      reject(
        new ServerError(`A thread ended with code ${code}`, {
          code: 'TUNE_E_WORKER_BOOT',
          exit: SERVER_EXIT.workerBoot,
        }),
      ),
    )
  })
}
