/** What travels between the bundled server's arbiter and the process that started it. */

export interface WorkerStats {
  /** The worker's slot, from 1; a replacement takes over the number. */
  nr: number
  pid: number
  state: string
  /** Answered requests since the worker started. */
  requests: number
  busySlots: number
  totalSlots: number
  connections: number
  cpuUserUs: number
  cpuSystemUs: number
  loops: { id: string; activeMs: number; idleMs: number }[]
  /** The worker did not answer in time; these are older figures. */
  stale?: boolean
}

export interface ServerStats {
  arbiter: { pid: number }
  restarts: number
  workers: WorkerStats[]
}

export interface ServerFailure {
  code: string
  message: string
  exit: number
  suggestions: string[]
}

export type ServerMessage =
  | {
      type: 'ready'
      pid: number
      addresses: ({ host: string; port: number } | { socketPath: string })[]
      app: { kind: string; loader: string }
    }
  | { type: 'failed'; error: ServerFailure }
  | { type: 'stats'; id: number; stats: ServerStats }

export type ServerRequest = { type: 'stats'; id: number } | { type: 'stop'; graceful: boolean }
