import { z } from 'zod'

interface Worker {
  /** Its slot, from 1; a replacement takes over the number. */
  nr: number
  pid: number
}

/** Functions of the config file that the parent of `tune serve` calls at moments of its life; docs/hooks.md explains them. */
export interface ServeHooks {
  /** Every worker of the first generation serves. */
  onReady?: (event: { addresses: string[]; workers: number }) => unknown
  /** A reload is over. `failure` is what it was given up for. */
  onReload?: (event: { failure: { code: string; message: string } | null }) => unknown
  /** The number of workers that there should be has changed. */
  onWorkersChanged?: (event: { from: number; to: number }) => unknown
  onWorkerReady?: (event: Worker) => unknown
  /** A worker was silent for too long and is about to be killed. `stack` is innermost first, where it could be read. */
  onWorkerTimeout?: (
    event: Worker & { silentMs: number; stack: string[] | null; reportPath: string | null },
  ) => unknown
  /** `expected`: it was told to go. */
  onWorkerExit?: (
    event: Worker & { code: number | null; signal: string | null; expected: boolean },
  ) => unknown
  /** Waited for, five seconds at most. */
  onExit?: () => unknown
}

const hook = z.custom<() => unknown>((value) => typeof value === 'function', 'must be a function').optional()

/** What the file may hold under `serve.hooks`. */
export const serveHooksSchema = z.strictObject({
  onReady: hook,
  onReload: hook,
  onWorkersChanged: hook,
  onWorkerReady: hook,
  onWorkerTimeout: hook,
  onWorkerExit: hook,
  onExit: hook,
} satisfies Record<keyof ServeHooks, unknown>)
