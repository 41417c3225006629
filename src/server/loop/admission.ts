import type { Connection } from './connection.js'
import type { Exchange } from './exchange.js'

/** Decides when an event loop accepts clients and when a request reaches the app. One per worker class. */
export interface Admission {
  /** Requests (`sync`, `threaded`) or connections (`async`) that occupy a slot now. */
  readonly busySlots: number
  /** A slot is taken by a request and is free with its answer; otherwise it belongs to a connection. */
  readonly isPerRequest: boolean
  /** Lets clients in from now on. */
  start(): void
  /** The loop is to go: it no longer considers the others. */
  leave(): void
  /** A client was accepted. */
  connected(connection: Connection): void
  /** His connection is gone. */
  disconnected(connection: Connection): void
  /** A request has arrived; `run` it as soon as its turn comes. */
  arrived(exchange: Exchange): void
  /** The request was answered, or its connection broke. */
  finished(exchange: Exchange): void
  /** Asked when a response's head is about to be written: must it be the connection's last? */
  mustClose(): boolean
}
