import type { BindAddress } from '../bind.js'
import type { ServerFailure } from '../errors.js'
import type { AppRef } from '../protocol.js'
import type { ServerSettings } from '../settings.js'
import type { TlsMaterial } from '../tls-material.js'

export interface ThreadData {
  settings: ServerSettings
  app: AppRef
  listenFds: number[]
  addresses: BindAddress[]
  tls: TlsMaterial | null
  board: { fd: number; seat: number } | null
  counters: SharedArrayBuffer
}

/** Main thread → thread. No thread accepts before all of them have loaded the app. */
export type ThreadRequest =
  { type: 'accept' } | { type: 'drain'; emptyBacklog: boolean } | { type: 'reopen-logs' }

/** Thread → main thread. */
export type ThreadMessage =
  | { type: 'loaded'; kind: string }
  | { type: 'accepting' }
  | { type: 'failed'; error: ServerFailure }
  | { type: 'drained' }
