import type { BindAddress } from './bind.js'
import type { ServerFailure } from './errors.js'
import type { ServerSettings } from './settings.js'
import type { TlsMaterial } from './tls-material.js'

/** What reading the stack of a worker that hangs may take. */
export const STACK_LIMIT_MS = 2000

/** One event loop. */
export interface LoopStats {
  id: string
  /** Busy and idle time since it started (`performance.eventLoopUtilization`). */
  activeMs: number
  idleMs: number
  requests: number
  busySlots: number
  totalSlots: number
  requestsUnderWay: number
  /** How late its timers were in the last ten seconds or so: a loop that is blocked for 50 ms lets everybody wait so long. */
  delayMs: { p50: number; p99: number; max: number }
  gc: { count: number; totalMs: number }
}

/** How long requests have waited for their turn: in the kernel's queue until they were accepted, and then for a free slot. */
export interface QueueWait {
  /** Upper bounds of the buckets, milliseconds. */
  boundsMs: number[]
  /** Requests by bucket; the last one is above all bounds. */
  counts: number[]
  sumMs: number
}

/** What a worker says about itself, with every heartbeat and when asked. */
export interface WorkerFigures {
  /** Answered requests since the worker started. */
  requests: number
  requestsPerLoop: number[]
  /** Requests that the server itself turned away, as malformed or too large. */
  refused: number
  /** Requests that ran into the request timeout. */
  timedOut: number
  /** Connections that came to nothing before HTTP: a failed TLS handshake, no PROXY header. */
  handshakesFailed: number
  /** Clients who went before they had their answer. */
  aborted: number
  queueWait: QueueWait
  busySlots: number
  totalSlots: number
  /** Requests that the app has, or whose answers are not yet sent. */
  requestsUnderWay: number
  connections: number
  cpuUserUs: number
  cpuSystemUs: number
  loops: LoopStats[]
}

export type WorkerState = 'booting' | 'ready' | 'draining'

export interface WorkerStats extends WorkerFigures {
  /** The worker's slot, from 1; a replacement takes over the number. */
  nr: number
  pid: number
  state: WorkerState
  /** True when the worker did not answer in time and these are its last heartbeat's figures. */
  stale: boolean
  /** Seconds since it was started. */
  ageSeconds: number
  /** Bytes; `null` where the kernel does not tell. PSS shares common pages out. */
  memory: { rss: number | null; pss: number | null }
}

export interface ServerStats {
  arbiter: { pid: number }
  /** Workers that were started in place of one that died or was killed; reloads do not count. */
  restarts: number
  /** The same by reason: `crash`, `boot`, `timeout`. */
  restartReasons: Record<string, number>
  /** Workers that may still be replaced at once; `null` without a limit. */
  restartBudgetLeft: number | null
  /** Workers that were replaced because they had served long enough. */
  recycled: number
  /** How many workers there should be. */
  target: number
  /** The certificate that new workers show: when it ends (milliseconds since 1970) and its SHA-256; `null` without TLS. */
  tls: { expiresAt: number; fingerprint: string } | null
  /** Clients in the kernel's queue, by address; `null` where the kernel does not tell. */
  queues: { address: string; waiting: number | null }[]
  workers: WorkerStats[]
}

/** What the loader found. */
export interface AppInfo {
  kind: string
  loader: string
}

/** Arbiter → the process that started it, over an `ipc` channel. */
export type ServerMessage =
  | { type: 'ready'; pid: number; addresses: BindAddress[]; app: AppInfo }
  | { type: 'failed'; error: ServerFailure }
  | { type: 'stats'; id: number; stats: ServerStats }

/** The process that started it → arbiter. */
export type ServerRequest = { type: 'stats'; id: number } | { type: 'stop'; graceful: boolean }

/** What a worker needs to load the app: plain data of the compiled app. */
export interface AppRef {
  entryPath: string
  exportName: string | null
  spec: string
}

/** Arbiter → worker. */
export type WorkerRequest =
  | {
      type: 'start'
      /** The worker's slot, from 1. */
      nr: number
      settings: ServerSettings
      app: AppRef
      /** Listening descriptors the worker inherited: by event loop, then in the order of `addresses`. */
      listenFds: number[][]
      addresses: BindAddress[]
      /** Certificate and key; `null` serves plain HTTP. */
      tls: TlsMaterial | null
      /** Inherited descriptor of the load board, and the seat of each event loop. */
      board: { fd: number; seats: number[] } | null
      arbiterPid: number
    }
  | { type: 'figures'; id: number }
  /** The JavaScript stack of the event loop that has been silent for longest. */
  | { type: 'stack'; id: number }
  /** Log files were moved away. */
  | { type: 'reopen-logs' }
  /** Finish what you have and go. `emptyBacklog`: nobody else will serve the clients who are still queued. */
  | { type: 'drain'; emptyBacklog: boolean }

/** Worker → arbiter. */
export type WorkerMessage =
  | { type: 'ready'; kind: string }
  | { type: 'failed'; error: ServerFailure }
  /** `silentMs`: how long the most silent event loop has not turned. */
  | { type: 'beat'; silentMs: number; figures: WorkerFigures }
  | { type: 'figures'; id: number; figures: WorkerFigures }
  /** Frames, innermost first; `null` when they could not be read. */
  | { type: 'stack'; id: number; stack: string[] | null }
