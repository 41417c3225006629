import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { monotonicMs } from './clock.js'
import type { ServerFailure } from './errors.js'
import { seenFromOutside, type HangFacts } from './hang/hang-report.js'
import type { Identity } from './identity.js'
import { asSeen, type SlotsOf } from './seen-figures.js'
import { inspectableOptions } from './hang/inspectable.js'
import {
  STACK_LIMIT_MS,
  type WorkerFigures,
  type WorkerMessage,
  type WorkerRequest,
  type WorkerState,
  type WorkerStats,
} from './protocol.js'
import { pssBytes, rssBytes } from './process-memory.js'
import { runQueueMs } from './run-queue.js'
import type { Seating } from './load-board.js'
import type { Retirement } from './recycling.js'
import { slotsPerLoop } from './settings.js'

const WORKER_ENTRY = fileURLToPath(new URL('./worker-process.js', import.meta.url))
/** What a worker that is told to go before it has said that it is ready may take: nobody is served by it. */
const UNREADY_STOP_MS = 1000
/** stdin, stdout, stderr and the IPC channel come first; inherited listeners follow. */
const FIRST_LISTEN_FD = 4

export interface WorkerSpec {
  nr: number
  /** Which (re)load of the app it serves. */
  generation: number
  /** The arbiter's listening descriptors. */
  listenerFds: readonly number[]
  loops: number
  /** Where its loops sit on the load board. */
  seating: Seating | null
  retirement: Retirement
  /** Whom it runs as; `null` is whoever the arbiter is. */
  identity: Identity | null
  start: Omit<Extract<WorkerRequest, { type: 'start' }>, 'type' | 'nr' | 'listenFds' | 'board' | 'arbiterPid'>
  /** Called when anything about the worker has changed. */
  onChange: () => void
}

export interface WorkerExit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A worker process as the arbiter sees it. */
export class WorkerHandle {
  readonly nr: number
  readonly generation: number
  readonly pid: number
  readonly spawnedAtMs = monotonicMs()
  /** When its most silent event loop was last known to turn. */
  turnedAtMs = this.spawnedAtMs
  /** When it last said anything. */
  heardAtMs = this.spawnedAtMs
  state: WorkerState = 'booting'
  readyAtMs: number | null = null
  appKind: string | null = null
  failure: ServerFailure | null = null
  exit: WorkerExit | null = null
  /** When it is to be killed unless it is gone by then. */
  killAtMs = Infinity
  /** When it is to be killed instead, should it turn out to be ready after all. */
  #killWhenReadyAtMs: number | null = null
  /** When it has served long enough. */
  readonly retirement: Retirement
  /** Why it is to be replaced, once it is due. */
  retiring: string | null = null

  readonly #process: ChildProcess
  readonly #onChange: () => void
  readonly #seating: Seating | null
  readonly #slotsOf: SlotsOf
  readonly #slots: number
  #figures: WorkerFigures
  #nextId = 1
  readonly #waiting = new Map<number, (answer: WorkerMessage) => void>()

  constructor(spec: WorkerSpec) {
    this.nr = spec.nr
    this.generation = spec.generation
    this.retirement = spec.retirement
    this.#onChange = spec.onChange
    this.#seating = spec.seating
    this.#slotsOf = spec.start.settings.workerClass === 'async' ? 'connections' : 'requests'
    this.#slots = spec.loops * slotsPerLoop(spec.start.settings)
    this.#figures = noFigures(spec.loops)
    // Every loop of the worker gets descriptors of its own, so that each can close its share when it drains.
    const inherited = Array.from({ length: spec.loops }, () => [...spec.listenerFds])
    const options = [...nodeOptions(), ...inspectableOptions(spec.start.settings.hangStack)]
    this.#process = spawn(process.execPath, [...options, WORKER_ENTRY], {
      stdio: [
        'ignore',
        'inherit',
        'inherit',
        'ipc',
        ...inherited.flat(),
        ...(spec.seating ? [spec.seating.fd] : []),
      ],
      cwd: spec.start.settings.cwd,
      env: { ...process.env, ...variablesOf(spec.start.settings.env) },
      ...spec.identity,
    })
    this.pid = this.#process.pid ?? -1
    this.#process.on('message', (message) => this.#heard(message))
    this.#process.on('exit', (code, signal) => this.#exited({ code, signal }))
    this.#process.on('error', (error) => this.#spawnFailed(error))
    let fd = FIRST_LISTEN_FD
    const listenFds = inherited.map((fds) => fds.map(() => fd++))
    const board = spec.seating && { fd, seats: spec.seating.seats }
    this.#send({ type: 'start', nr: spec.nr, ...spec.start, listenFds, board, arbiterPid: process.pid })
  }

  /** Requests answered, as of its last heartbeat. */
  get requests(): number {
    return this.#figures.requests
  }

  /** Tells it to finish what it has and go; it is killed when the time is over. */
  drain(options: { emptyBacklog: boolean; killAtMs: number }): void {
    this.killAtMs = Math.min(this.killAtMs, options.killAtMs)
    if (this.state === 'booting') {
      this.#killWhenReadyAtMs = this.killAtMs
      this.killAtMs = Math.min(this.killAtMs, monotonicMs() + UNREADY_STOP_MS)
      this.kill('SIGTERM')
    } else this.#send({ type: 'drain', emptyBacklog: options.emptyBacklog })
    this.state = 'draining'
  }

  /** Tells it to go at once; it is killed when the time is over. */
  quit(killAtMs: number): void {
    this.killAtMs = killAtMs
    this.#killWhenReadyAtMs = null
    this.state = 'draining'
    this.kill('SIGQUIT')
  }

  reopenLogs(): void {
    this.#send({ type: 'reopen-logs' })
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /**
   * Fresh figures, or the last known ones when no answer comes in time, as from a blocked event loop. What is under way is read before
   * they are asked for: a loop that the app blocks answers between two requests, when it has none.
   */
  async stats(deadlineMs: number): Promise<WorkerStats> {
    const held = this.#seating?.held() ?? null
    const asked =
      this.state === 'booting' ? null : await this.#ask((id) => ({ type: 'figures', id }), deadlineMs)
    const fresh = asked?.type === 'figures' ? asked.figures : null
    const { nr, pid, state } = this
    const ageSeconds = (monotonicMs() - this.spawnedAtMs) / 1000
    const memory = { rss: rssBytes(pid), pss: pssBytes(pid) }
    const figures = asSeen(fresh ?? this.#figures, held, this.#slotsOf)
    return { nr, pid, state, stale: fresh === null, ageSeconds, memory, ...figures }
  }

  /** How long its threads have waited for a core, see `runQueueMs`. */
  runQueueMs(): number {
    return runQueueMs(this.pid)
  }

  /** What a report on its silence says. To be asked before its stack, see `seenFromOutside`. */
  hangFacts(nowMs: number): Omit<HangFacts, 'stack'> {
    const { pid, nr, state } = this
    const silentMs = Math.round(nowMs - this.turnedAtMs)
    const mainThreadSilentMs = Math.round(nowMs - this.heardAtMs)
    // A beat tells what it had before it hung.
    const figures = asSeen(this.#figures, this.#seating?.held() ?? null, this.#slotsOf)
    return { pid, nr, state, silentMs, mainThreadSilentMs, figures, ...seenFromOutside(pid) }
  }

  /** Where its most silent thread hangs, innermost frame first; `null` when it does not say. */
  async threadStack(): Promise<string[] | null> {
    // Its own limit comes first.
    const answer = await this.#ask((id) => ({ type: 'stack', id }), STACK_LIMIT_MS + 500)
    return answer?.type === 'stack' ? answer.stack : null
  }

  async #ask(request: (id: number) => WorkerRequest, deadlineMs: number): Promise<WorkerMessage | null> {
    const id = this.#nextId++
    try {
      return await new Promise((resolve) => {
        setTimeout(() => resolve(null), deadlineMs).unref()
        this.#waiting.set(id, resolve)
        this.#send(request(id))
      })
    } finally {
      this.#waiting.delete(id)
    }
  }

  #heard(message: unknown): void {
    // The app may use the channel too: `process.send('ready')` is a habit of other process managers.
    if (typeof message !== 'object' || message === null) return
    const known = message as WorkerMessage
    this.heardAtMs = monotonicMs()
    switch (known.type) {
      case 'beat':
        this.#figures = known.figures
        this.turnedAtMs = this.heardAtMs - known.silentMs
        break
      case 'figures':
        this.#figures = known.figures
        this.#waiting.get(known.id)?.(known)
        break
      case 'stack':
        this.#waiting.get(known.id)?.(known)
        break
      case 'failed':
        this.failure = known.error
        break
      case 'ready':
        this.#becameReady(known.kind)
    }
  }

  #becameReady(appKind: string): void {
    // A request may block it before its first beat.
    this.#figures = { ...this.#figures, totalSlots: this.#slots }
    // One that was told to go in the meantime stays `draining`, and may finish the requests that it got just before.
    if (this.state !== 'booting') {
      this.killAtMs = this.#killWhenReadyAtMs ?? this.killAtMs
      this.#killWhenReadyAtMs = null
      return
    }
    this.state = 'ready'
    this.appKind = appKind
    this.readyAtMs = this.heardAtMs
    this.turnedAtMs = this.heardAtMs
    this.#onChange()
  }

  #exited(exit: WorkerExit): void {
    this.exit ??= exit
    this.#seating?.release()
    this.#onChange()
  }

  #spawnFailed(error: Error): void {
    if (this.pid !== -1) return
    const message = `Could not start a worker process: ${error.message}`
    this.failure = { code: 'TUNE_E_WORKER_SPAWN', message, exit: 3, suggestions: [] }
    this.#exited({ code: null, signal: null })
  }

  #send(message: WorkerRequest): void {
    // A worker that is gone is noticed by its exit.
    if (this.#process.connected) this.#process.send(message, () => undefined)
  }
}

/** Node's own options (heap size and the like) hold for the workers too; a debugger's port can be taken only once. */
export function nodeOptions(): string[] {
  return process.execArgv.filter((option) => !option.startsWith('--inspect'))
}

/** `NAME=VALUE`; what comes later wins. */
function variablesOf(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
}

function noFigures(loops: number): WorkerFigures {
  const requestsPerLoop = Array.from({ length: loops }, () => 0)
  const none = {
    requests: 0,
    refused: 0,
    timedOut: 0,
    handshakesFailed: 0,
    aborted: 0,
    busySlots: 0,
    totalSlots: 0,
    requestsUnderWay: 0,
    connections: 0,
    cpuUserUs: 0,
    cpuSystemUs: 0,
  }
  return { ...none, requestsPerLoop, queueWait: { boundsMs: [], counts: [], sumMs: 0 }, loops: [] }
}
