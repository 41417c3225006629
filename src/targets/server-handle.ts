import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { EXIT, TuneError, withLastLines } from '../result/error.js'
import type { ServerMessage, ServerRequest, ServerStats } from '../server/index.js'
import { killGroup } from './stop-group.js'

const STATS_MS = 3000
const STDERR_KEPT = 4000
/** A stack trace with the message that stands above it. */
const STDERR_LINES = 16
/** After the exit, for the rest of stderr. A blocked orphan may hold the pipe open for longer. */
const STDERR_MS = 200

type Ready = Extract<ServerMessage, { type: 'ready' }>
type Booted = Exclude<ServerMessage, { type: 'stats' }>

export interface ServerCommand {
  program: string
  settings: object
  cwd: string
  env: Record<string, string>
  /** Time that an orderly stop may take before everything is killed. */
  stopSeconds: number
}

/** The bundled server's process group, seen from its parent. */
export class ServerHandle {
  private readonly child: ChildProcess
  private readonly stopMs: number
  private readonly pending = new Map<number, (stats: ServerStats) => void>()
  private readonly booted: Promise<Booted>
  private readonly exited: Promise<null>
  private onBooted: (message: Booted) => void = () => undefined
  private stderr = ''
  private nextId = 0
  private stopping: Promise<void> | undefined

  constructor({ program, settings, cwd, env, stopSeconds }: ServerCommand) {
    this.stopMs = stopSeconds * 1000
    this.child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      cwd,
      env: { ...process.env, ...env },
      // A group of its own: Ctrl-C is for the command line alone, which then stops its targets in order; and one
      // signal reaches every process of this server. When the command line dies, the channel closes, and the server goes.
      detached: true,
      // What the app prints per request must not become work for the process that decides when trials start.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT)
    })
    this.child.on('message', (message) => this.receive(message as ServerMessage))
    this.booted = new Promise((resolve) => {
      this.onBooted = resolve
    })
    this.exited = ended(this.child)
  }

  /** Addresses and app, once every worker is up. Fails with the server's own words, or with why it is gone. */
  async ready(signal: AbortSignal): Promise<Ready> {
    signal.throwIfAborted()
    const heard = new AbortController()
    const aborted = once(signal, 'abort', { signal: heard.signal }).then(
      () => signal.throwIfAborted(),
      () => undefined,
    )
    const first = await Promise.race([this.booted, this.exited, aborted]).finally(() => heard.abort())
    if (!first) throw this.died('before it was ready')
    if (first.type === 'ready') return first
    const { message, code, exit, suggestions } = first.error
    throw new TuneError(withLastLines(message, this.lastLines()), { code, exit, suggestions })
  }

  async stats(): Promise<ServerStats> {
    const id = this.nextId++
    const answer = new Promise<ServerStats>((resolve) => this.pending.set(id, resolve))
    const given = new AbortController()
    try {
      this.send({ type: 'stats', id })
      const stats = await Promise.race([
        answer,
        this.exited,
        delay(STATS_MS, undefined, { signal: given.signal }),
      ])
      if (stats === null) throw this.died('during the measurement')
      if (stats === undefined) throw new Error(`the server gave no counters within ${STATS_MS} ms`)
      return stats
    } finally {
      given.abort()
      this.pending.delete(id)
    }
  }

  /** Orderly first, then by force. Nothing of the server is left when the promise resolves. */
  stop(): Promise<void> {
    return (this.stopping ??= this.end())
  }

  private async end(): Promise<void> {
    const { pid } = this.child
    if (pid === undefined) return
    this.send({ type: 'stop', graceful: true })
    const waited = new AbortController()
    await Promise.race([this.exited, delay(this.stopMs, undefined, { signal: waited.signal })])
    waited.abort()
    await killGroup(pid, this.gone)
    await this.exited
  }

  private get gone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  private send(message: ServerRequest): void {
    // A failed send means that the process is going; whoever waits sees its end.
    if (this.child.connected) this.child.send(message, () => undefined)
  }

  private receive(message: ServerMessage): void {
    if (message.type === 'stats') this.pending.get(message.id)?.(message.stats)
    else this.onBooted(message)
  }

  private died(when: string): TuneError {
    const how = this.child.signalCode ?? `exit code ${this.child.exitCode ?? 'unknown'}`
    return new TuneError(withLastLines(`The server ended ${when} (${how})`, this.lastLines()), {
      code: 'TUNE_E_TARGET_DIED',
      exit: EXIT.workerBoot,
      suggestions: ['Start the app with `tune serve` and look at its log'],
    })
  }

  /** What the server and the app last wrote to standard error. */
  lastLines(): string[] {
    const lines = this.stderr.trimEnd().split('\n').slice(-STDERR_LINES)
    return lines.join('') === '' ? [] : lines
  }
}

/** `null` once the process is gone and its last words are read. */
async function ended(child: ChildProcess): Promise<null> {
  const closed = new Promise((resolve) => child.once('close', resolve))
  await new Promise((resolve) => {
    child.once('exit', resolve)
    // Not started at all: then there is no `exit`.
    child.once('error', resolve)
  })
  const waited = new AbortController()
  await Promise.race([closed, delay(STDERR_MS, undefined, { signal: waited.signal, ref: false })])
  waited.abort()
  return null
}
