import type { Entry } from './access-log.js'
import type { Connection } from './connection.js'
import type { Arrival, ArrivalWatcher } from './arrival.js'

/** Who keeps account of requests. */
export interface ExchangeAccount {
  /** The app gets it now, after it has waited so long. */
  begun(exchange: Exchange, waitedMs: number): void
  /** Its slot is free. Once. */
  answered(exchange: Exchange): void
  /** Nothing is left to be done for it; `complete` is false when the client went before the answer. */
  over(exchange: Exchange, complete: boolean): void
}

/**
 * One request on its connection, ready to be given to the app. An object with methods rather than a handful of closures: this is made for
 * every request, and what is made has to be collected.
 */
export class Exchange implements ArrivalWatcher {
  readonly connection: Connection
  readonly arrival: Arrival
  /** For the access log. */
  entry: Entry | undefined
  /** Runs while the app has it, where there is a request timeout. */
  timer: NodeJS.Timeout | undefined
  readonly #account: ExchangeAccount
  #queuedAtMs: number | null = null
  #isAnswered = false

  /** @param watchesAnswer its answer is waited for; otherwise only its end is. */
  constructor(connection: Connection, arrival: Arrival, account: ExchangeAccount, watchesAnswer: boolean) {
    this.connection = connection
    this.arrival = arrival
    this.#account = account
    arrival.watch(this, watchesAnswer)
  }

  /** Another one goes first. */
  queued(): void {
    this.#queuedAtMs = performance.now()
  }

  /** Hands the request to the app. */
  run(): void {
    const inLoopMs = this.#queuedAtMs === null ? 0 : performance.now() - this.#queuedAtMs
    this.#account.begun(this, this.connection.takeQueuedMs() + inLoopMs)
    this.arrival.run()
  }

  /** Ends the connection; its answer was the last. */
  hangUp(): void {
    this.connection.hangUp(this.arrival.request)
  }

  answered(): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#account.answered(this)
  }

  closed(complete: boolean): void {
    this.#account.over(this, complete)
    this.answered()
  }
}
