import type { Admission } from './admission.js'
import type { Exchange } from './connection.js'
import type { Gate } from './gate.js'

/** `async`: every connection takes a slot, and all requests on the accepted connections run at once. */
export class ConnectionAdmission implements Admission {
  readonly #gate: Gate
  readonly #slots: number
  #held = 0

  constructor(gate: Gate, slots: number) {
    this.#gate = gate
    this.#slots = slots
  }

  get busySlots(): number {
    return this.#held
  }

  connected(): void {
    this.#held += 1
    if (this.#held >= this.#slots) this.#gate.pause()
  }

  disconnected(): void {
    this.#held -= 1
    if (this.#held < this.#slots) this.#gate.open()
  }

  arrived(exchange: Exchange): void {
    exchange.run()
  }

  finished(): void {
    // The slot belongs to the connection, not to the request.
  }

  /** While all slots are taken and clients queue, nobody gets a second request before they get their first. */
  mustClose(): boolean {
    return this.#held >= this.#slots && this.#gate.hasWaiting()
  }
}
