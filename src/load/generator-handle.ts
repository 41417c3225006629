import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { EXIT, TuneError } from '../result/error.js'
import type { LoadSpec } from '../result/load.js'
import type { FromGenerator, Measurement, ToGenerator } from './messages.js'
import { forkOn } from './own-cpus.js'

const PROGRAM = fileURLToPath(new URL('./generator-process.js', import.meta.url))
const START_MS = 15_000
/** A generator answers within one turn of its loop; one that does not in this time is not worth waiting for. */
const STOP_MS = 1000
const STDERR_KEPT = 2000

type Kind = FromGenerator['type']
type Message<K extends Kind> = Extract<FromGenerator, { type: K }>

interface Waiter {
  kind: Kind
  resolve: (message: FromGenerator) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

/** A generator process, seen from its parent. One trial at a time. */
export class GeneratorHandle {
  private readonly child: ChildProcess
  private readonly ready: Promise<unknown>
  private waiter: Waiter | undefined
  private up = false
  private stderr = ''

  /** @param cpus that it may use; all with `null` */
  constructor(cpus: string | null = null) {
    this.child = fork(PROGRAM, [], {
      // Nothing is inherited that would change how fast it runs: no flags, no NODE_OPTIONS, no coverage. It collects by itself, between
      // trials.
      ...forkOn(cpus, ['--expose-gc']),
      env: { ...process.env, NODE_OPTIONS: undefined, NODE_V8_COVERAGE: undefined },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT)
    })
    this.child.on('message', (message) => this.receive(message as FromGenerator))
    // `close` comes after the last of stderr, which says why it died.
    this.child.on('close', (code, signal) => {
      this.waiter?.reject(died(signal ?? `exit code ${code ?? 'unknown'}`, this.stderr))
    })
    this.child.on('error', (error) => this.waiter?.reject(error))
    this.ready = this.expect('ready', START_MS)
    // Whoever measures awaits it; until then a rejection is not yet unhandled.
    this.ready.catch(() => undefined)
  }

  get alive(): boolean {
    return this.child.connected && this.child.exitCode === null && this.child.signalCode === null
  }

  /** Resolves when the process is up, with warm-up of its modules done. */
  async started(): Promise<void> {
    await this.ready
    this.up = true
  }

  /** Figures of one trial. The load stays on until `stop`. */
  async measure(spec: LoadSpec, startAtMs: number): Promise<Measurement> {
    const longestMs = (spec.rampSeconds + spec.windowSeconds + spec.timeoutSeconds) * 1000 + START_MS
    const measured = this.expect('measured', longestMs)
    this.send({ type: 'run', spec, startAtMs })
    return (await measured).measurement
  }

  /** Nothing is under way any more when the promise resolves, or nothing that could be waited for; with the number of late answers. */
  async drain({ timeoutSeconds }: LoadSpec): Promise<number> {
    const drained = this.expect('drained', timeoutSeconds * 1000 + START_MS)
    this.send({ type: 'drain' })
    return (await drained).answers
  }

  /** The load is off when the promise resolves: orderly, or because the process is gone. */
  async stop(): Promise<void> {
    if (!this.alive) return
    if (!this.up) return this.kill()
    this.dropWaiter()
    try {
      const idle = this.expect('idle', STOP_MS)
      this.send({ type: 'stop' })
      await idle
    } catch {
      await this.kill()
    }
  }

  /** The process is gone when the promise resolves. It has nothing to save. */
  async kill(): Promise<void> {
    this.dropWaiter()
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }

  private send(message: ToGenerator): void {
    // A failed send means that the process is going; its end rejects whoever waits.
    this.child.send(message, () => undefined)
  }

  private receive(message: FromGenerator): void {
    if (message.type === 'failed') this.waiter?.reject(new TuneError(message.error.message, message.error))
    else if (message.type === this.waiter?.kind) this.waiter.resolve(message)
  }

  private expect<K extends Kind>(kind: K, withinMs: number): Promise<Message<K>> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer)
        this.waiter = undefined
      }
      const timer = setTimeout(() => {
        settle()
        reject(died(`no "${kind}" within ${withinMs} ms`, this.stderr))
      }, withinMs)
      this.waiter = {
        kind,
        timer,
        resolve: (message) => {
          settle()
          resolve(message as Message<K>)
        },
        reject: (error) => {
          settle()
          reject(error)
        },
      }
    })
  }

  private dropWaiter(): void {
    this.waiter?.reject(new Error('the trial was stopped'))
  }
}

function died(how: string, stderr: string): TuneError {
  const tail = stderr.trim()
  return new TuneError(`The load generator failed (${how})${tail ? `:\n${tail}` : ''}`, {
    code: 'TUNE_E_GENERATOR',
    exit: EXIT.internal,
    suggestions: [
      'Check that the machine has memory left; the generator is started again for the next trial',
    ],
  })
}
