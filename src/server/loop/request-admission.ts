import type { Admission } from './admission.js'
import { Alarm } from './alarm.js'
import type { Connection } from './connection.js'
import type { Exchange } from './exchange.js'
import type { Gate } from './gate.js'

/** How long a new connection may keep the loop waiting for its first request. Shorter after each that sent none. */
const LONGEST_GRACE_MS = 50
const SHORTEST_GRACE_MS = 1

/**
 * `sync` and `threaded`: one request at a time.
 *
 * The gate closes as soon as a client is accepted, so that of many waiting clients a loop takes one and leaves
 * the others to loops that are free. A client that then sends nothing loses his claim after a short grace:
 * he stays connected, but the loop accepts again.
 *
 * `sync` answers one request per connection and closes it. `threaded` keeps the
 * connection; as pausing and opening for each request would halve the throughput of short ones, the gate stays
 * open until a request has outlived one turn of the loop.
 */
export class RequestAdmission implements Admission {
  readonly isPerRequest = true
  readonly #gate: Gate
  readonly #keepAlive: boolean
  readonly #queue: Exchange[] = []
  #running: Exchange | null = null
  /** Accepted last, and its first request has not come yet. */
  #expected: Connection | null = null
  #graceMs = LONGEST_GRACE_MS
  readonly #graceEnds = new Alarm(() => this.#giveUp())
  #endOfTurn: NodeJS.Immediate | undefined
  /** The running request has outlived a turn of the loop. */
  #slow = false

  constructor(gate: Gate, options: { keepAlive: boolean }) {
    this.#gate = gate
    this.#keepAlive = options.keepAlive
  }

  get busySlots(): number {
    return this.#running === null ? 0 : 1
  }

  start(): void {
    this.#gate.open()
  }

  leave(): void {
    // It considers nobody anyway: it accepts when it is free.
  }

  connected(connection: Connection): void {
    this.#gate.pause()
    this.#expected = connection
    this.#graceEnds.set(this.#graceMs)
  }

  disconnected(connection: Connection): void {
    this.#forget(connection)
    // A response that waits in a pipeline for the one before it is never told that the client has gone.
    if (this.#running?.connection === connection) this.#next()
    else this.#openIfFree()
  }

  arrived(exchange: Exchange): void {
    // Sent behind a request whose answer ended the connection: it could not be answered.
    if (exchange.connection.closed) return
    if (exchange.connection === this.#expected) {
      this.#graceMs = LONGEST_GRACE_MS
      this.#forget(exchange.connection)
    }
    if (this.#running === null) this.#start(exchange)
    else {
      exchange.queued()
      this.#queue.push(exchange)
    }
  }

  finished(exchange: Exchange): void {
    // Whatever the app's own Connection header said.
    if (!this.#keepAlive) exchange.hangUp()
    if (this.#running === exchange) this.#next()
  }

  /**
   * Clients who wait in the kernel's queue come before the next request of one who was served: without this a
   * loop could go back and forth between the connections it holds for ever. Requests shorter than a turn
   * of the loop leave the gate open, so there everybody gets in anyway.
   */
  mustClose(): boolean {
    return !this.#keepAlive || (this.#slow && this.#gate.hasWaiting())
  }

  #start(exchange: Exchange): void {
    this.#running = exchange
    this.#slow = false
    // Already closed, unless the client took longer for his request than the grace.
    if (this.#keepAlive) this.#pauseAfterTurn()
    else this.#gate.pause()
    exchange.run()
  }

  #pauseAfterTurn(): void {
    this.#endOfTurn ??= setImmediate(() => {
      this.#endOfTurn = undefined
      if (this.#running === null) return
      this.#slow = true
      this.#gate.pause()
    })
  }

  #next(): void {
    this.#running = null
    let exchange = this.#queue.shift()
    while (exchange?.connection.closed) exchange = this.#queue.shift()
    if (exchange) this.#start(exchange)
    else this.#openIfFree()
  }

  #giveUp(): void {
    this.#graceMs = Math.max(SHORTEST_GRACE_MS, this.#graceMs / 2)
    this.#expected = null
    this.#openIfFree()
  }

  #forget(connection: Connection): void {
    if (this.#expected !== connection) return
    this.#expected = null
    this.#graceEnds.clear()
  }

  #openIfFree(): void {
    if (this.#running === null && this.#expected === null) this.#gate.open()
  }
}
