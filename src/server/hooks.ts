import type { Log } from './log.js'

/** A worker as hooks see it. */
export interface HookWorker {
  /** Its slot, from 1; a replacement takes over the number. */
  nr: number
  pid: number
}

/**
 * Functions that the parent calls at moments of its life. They cannot stop it: what they throw is logged, and nothing waits for
 * them, except for `onExit`.
 */
export interface ServerHooks {
  /** Every worker of the first generation serves. */
  onReady?: (event: { addresses: string[]; workers: number }) => unknown
  /** A reload is over. `failure` is what it was given up for. */
  onReload?: (event: { failure: { code: string; message: string } | null }) => unknown
  /** The number of workers that there should be has changed. */
  onWorkersChanged?: (event: { from: number; to: number }) => unknown
  /** A worker serves. */
  onWorkerReady?: (event: HookWorker) => unknown
  /** A worker was silent for too long and is about to be killed. `stack` is innermost first, where it could be read. */
  onWorkerTimeout?: (
    event: HookWorker & { silentMs: number; stack: string[] | null; reportPath: string | null },
  ) => unknown
  /** A worker is gone. `expected`: it was told to go. */
  onWorkerExit?: (
    event: HookWorker & { code: number | null; signal: string | null; expected: boolean },
  ) => unknown
  /** The workers are gone, and so will the parent be when this is done, or after five seconds. */
  onExit?: () => unknown
}

type Event<Name extends keyof ServerHooks> = Parameters<NonNullable<ServerHooks[Name]>>

/** The parent does nothing else meanwhile. */
const LONGEST_CALL_MS = 100
const EXIT_LIMIT_MS = 5000

/** Calls hooks so that they cannot harm the server. */
export class Hooks {
  #current: ServerHooks
  readonly #log: Log

  constructor(hooks: ServerHooks, log: Log) {
    this.#current = hooks
    this.#log = log
  }

  /** A reload has brought others. */
  adopt(hooks: ServerHooks): void {
    this.#current = hooks
  }

  call<Name extends keyof ServerHooks>(name: Name, ...event: Event<Name>): void {
    void this.#run(name, event)
  }

  /** Waits, but not for ever. */
  async exit(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#log.error(
          `The hook onExit was not done after ${EXIT_LIMIT_MS / 1000} s; the server ends without it`,
        )
        resolve()
      }, EXIT_LIMIT_MS)
    })
    await Promise.race([this.#run('onExit', []), late])
    clearTimeout(timer)
  }

  async #run(name: keyof ServerHooks, event: unknown[]): Promise<void> {
    const hook = this.#current[name] as ((...event: unknown[]) => unknown) | undefined
    if (hook === undefined) return
    const startedAtMs = performance.now()
    try {
      const done = hook(...event)
      const tookMs = Math.round(performance.now() - startedAtMs)
      if (tookMs > LONGEST_CALL_MS)
        this.#log.warning(
          `The hook ${name} held the parent up for ${tookMs} ms; let it start its work and return`,
        )
      await done
    } catch (error) {
      this.#log.error(`The hook ${name} failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
