import type { ServerFailure } from '../errors.js'
import type { ServerStats } from '../protocol.js'
import type { ServerSettings } from '../settings.js'

/** What the control socket takes: one JSON object a line, one answer a line. */
export type ControlRequest =
  | { command: 'stats' }
  | { command: 'config' }
  | { command: 'reload' }
  | { command: 'scale'; workers: number }
  | { command: 'shutdown'; graceful: boolean }

export type ControlAnswer = { ok: true; result: unknown } | { ok: false; error: ServerFailure }

/** What the commands act on. */
export interface Controlled {
  stats(): Promise<ServerStats>
  readonly settings: ServerSettings
  reload(): Promise<ServerFailure | null>
  scale(workers: number): void
  stop(graceful: boolean): void
}
