import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { TargetCounters } from '../result/counters.js'
import { EXIT, TuneError } from '../result/error.js'
import type { RequestSpec } from '../result/request.js'
import { tryRequest } from './answering.js'
import { guardServer, unguard } from './guard.js'
import { listeningPorts } from './listening.js'
import { OutputFile } from './output-file.js'
import { killOwned, MARK_VARIABLE, ownedProcesses, type Owner } from './owned-processes.js'
import { processCounters } from './process-counters.js'
import { cpuSecondsOf } from './process-tree.js'

const POLL_MS = 50
/** A metrics or admin port may open before the right one, so a wrong port alone proves nothing for a while. */
const ELSEWHERE_MS = 3000
const STOP_MS = 3000
/** Workers still load the app after the first answer: settled is when their number and their CPU stand still. */
const SETTLE = { stepMs: 150, mostMs: 10_000, idleShare: 0.15 }

/** A server that is started as a command of its own. */
export interface ProcessServerSpec {
  /** Program and arguments. No shell. */
  words: string[]
  cwd: string
  env: Record<string, string>
  host: string
  port: number
  /** Asked once to see whether the server answers. */
  request: RequestSpec
  bootSeconds: number
  /** What to do where it does not listen; absent: put the address into the command. */
  listenAdvice?: string
  /** Exit code of the server that means that the app could not be loaded. */
  appLoadExitCode?: number
}

/** A server of any make while it is up. */
export interface RunningProcessServer {
  readonly address: { host: string; port: number }
  readonly app: null
  readonly leaderPid: number
  counters(): Promise<TargetCounters>
  stop(): Promise<void>
}

/**
 * Starts the command in a process group of its own and waits until it answers on its port and its workers have settled.
 * @throws TuneError when it cannot be started (exit 2), ends, forks away, listens elsewhere or never listens (exit 3)
 */
export async function startProcessServer(
  spec: ProcessServerSpec,
  signal: AbortSignal,
): Promise<RunningProcessServer> {
  signal.throwIfAborted()
  const output = await OutputFile.create()
  const server = new ProcessServer(spec, output)
  try {
    await server.ready(signal)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

class ProcessServer implements RunningProcessServer {
  readonly app = null
  readonly address: { host: string; port: number }
  private readonly spec: ProcessServerSpec
  private readonly output: OutputFile
  private readonly child: ChildProcess
  private readonly owner: Owner
  private readonly exited: Promise<void>
  private startError: NodeJS.ErrnoException | undefined
  private stopping: Promise<void> | undefined

  constructor(spec: ProcessServerSpec, output: OutputFile) {
    this.spec = spec
    this.output = output
    this.address = { host: spec.host, port: spec.port }
    const mark = randomUUID()
    const [program = '', ...args] = spec.words
    this.child = spawn(program, args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env, [MARK_VARIABLE]: mark },
      // A group of its own: Ctrl-C is for the command line alone, which stops its servers in order.
      detached: true,
      stdio: ['ignore', output.descriptor, output.descriptor],
    })
    this.owner = { leaderPid: this.child.pid ?? 0, mark }
    this.exited = new Promise((resolve) => {
      this.child.once('exit', () => resolve())
      this.child.once('error', (error) => {
        this.startError = error
        resolve()
      })
    })
    if (this.child.pid !== undefined) guardServer(this.owner)
  }

  get leaderPid(): number {
    return this.owner.leaderPid
  }

  async ready(signal: AbortSignal): Promise<void> {
    const { host, port, request, bootSeconds } = this.spec
    const deadlineMs = performance.now() + bootSeconds * 1000
    let elsewhereSinceMs: number | null = null
    for (;;) {
      signal.throwIfAborted()
      await this.assertAlive()
      const answer = await tryRequest({ host, port }, request)
      if (answer === 'answered') break
      const ports = answer === 'refused' ? await this.ports() : []
      elsewhereSinceMs = ports.length === 0 ? null : (elsewhereSinceMs ?? performance.now())
      const nowMs = performance.now()
      if (elsewhereSinceMs !== null && nowMs - elsewhereSinceMs > ELSEWHERE_MS)
        throw await this.elsewhere(ports)
      if (nowMs > deadlineMs) throw await this.notReady(answer === 'refused')
      await delay(POLL_MS, undefined, { signal })
    }
    await this.assertAlive()
    await this.settled(signal)
  }

  async counters(): Promise<TargetCounters> {
    const processes = await this.processes()
    if (this.gone || processes.length === 0) {
      // Its processes may be gone a moment before its end is told.
      await this.exited
      throw await this.died('under load', EXIT.inconclusive)
    }
    return processCounters(processes, this.leaderPid)
  }

  /** Orderly first, then by force. Nothing of the server is left when the promise resolves. */
  stop(): Promise<void> {
    return (this.stopping ??= this.end())
  }

  private async end(): Promise<void> {
    if (this.child.pid !== undefined) {
      if (!this.gone) this.child.kill('SIGTERM')
      const waited = new AbortController()
      await Promise.race([this.exited, delay(STOP_MS, undefined, { signal: waited.signal })])
      waited.abort()
      await killOwned(this.owner, () => this.gone)
      unguard(this.owner)
      await this.exited
    }
    await this.output.close()
  }

  private get gone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  private processes() {
    return ownedProcesses(this.owner, this.gone)
  }

  private async ports(): Promise<number[]> {
    return listeningPorts((await this.processes()).map(({ pid }) => pid))
  }

  private async settled(signal: AbortSignal): Promise<void> {
    const deadlineMs = performance.now() + SETTLE.mostMs
    let before = await this.processes()
    while (performance.now() < deadlineMs) {
      await delay(SETTLE.stepMs, undefined, { signal })
      const now = await this.processes()
      const cpu = cpuSecondsOf(now) - cpuSecondsOf(before)
      if (now.length === before.length && cpu < (SETTLE.idleShare * SETTLE.stepMs) / 1000) return
      before = now
    }
  }

  private async assertAlive(): Promise<void> {
    if (this.startError) throw this.cannotStart(this.startError)
    if (!this.gone) return
    const left = await this.processes()
    if (this.child.exitCode === 0 && left.length > 0) throw await this.forkedAway()
    const appLoad = this.child.exitCode !== null && this.child.exitCode === this.spec.appLoadExitCode
    throw await this.died('before it was ready', appLoad ? EXIT.appLoad : EXIT.workerBoot)
  }

  private cannotStart(error: NodeJS.ErrnoException): TuneError {
    const program = this.spec.words[0] ?? ''
    const why = error.code === 'ENOENT' ? 'there is no such program' : error.message
    return new TuneError(`Cannot start "${program}": ${why}`, {
      code: 'TUNE_E_COMMAND',
      exit: EXIT.usage,
      suggestions: ['Install it, or write its whole path', `It was looked for from ${this.spec.cwd}`],
      cause: error,
    })
  }

  private async died(when: string, exit: TuneError['exit']): Promise<TuneError> {
    const { exitCode, signalCode } = this.child
    const how = signalCode ?? `exit code ${exitCode ?? 'unknown'}`
    return new TuneError(`The server ended ${when} (${how})${await this.output.lastLines()}`, {
      code: 'TUNE_E_TARGET_DIED',
      exit,
      suggestions: [`Try the command by hand: ${this.commandLine}`],
    })
  }

  private async forkedAway(): Promise<TuneError> {
    return this.bootError(
      'TUNE_E_TARGET_FORKED',
      'The command went into the background: it ended, and left processes behind (they have been stopped)',
      ['Start the server in the foreground: leave out --daemon, -d and the like'],
    )
  }

  private async elsewhere(ports: readonly number[]): Promise<TuneError> {
    return this.bootError(
      'TUNE_E_TARGET_ELSEWHERE',
      `The server listens on port ${ports.join(', ')}, not on ${this.spec.port} as it was told`,
      [
        this.spec.listenAdvice ??
          'Put {port} where the command names its port, or let the app listen on the PORT of its environment',
      ],
    )
  }

  private async notReady(refused: boolean): Promise<TuneError> {
    const { bootSeconds, host, port } = this.spec
    return refused
      ? this.bootError(
          'TUNE_E_TARGET_SILENT',
          `The server did not listen on ${host}:${port} within ${bootSeconds} s`,
          [
            this.spec.listenAdvice ?? 'Put {host} and {port} where the command names its address',
            `Try the command by hand: ${this.commandLine}`,
          ],
        )
      : this.bootError(
          'TUNE_E_TARGET_SILENT',
          `The server listens on ${host}:${port}, but answered nothing within ${bootSeconds} s`,
          ['Name a path that it answers with --path', 'It must speak plain HTTP/1.1'],
        )
  }

  private async bootError(code: string, message: string, suggestions: string[]): Promise<TuneError> {
    return new TuneError(message + (await this.output.lastLines()), {
      code,
      exit: EXIT.workerBoot,
      suggestions,
    })
  }

  private get commandLine(): string {
    return this.spec.words.join(' ')
  }
}
