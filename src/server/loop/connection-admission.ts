import { monotonicMs } from '../clock.js'
import { LOOP_STATE } from '../load-board.js'
import type { Admission } from './admission.js'
import type { Balance } from './balance.js'
import type { Exchange } from './connection.js'
import type { Gate } from './gate.js'

/** A loop that lets others go first looks again at the end of so many turns, then after so many milliseconds each. */
const EAGER_LOOKS = 1
const NAPS_MS = [1, 2, 5, 10, 20]
/** Naps up to here leave it attentive. */
const ATTENTIVE_NAPS = 2
/** Others who were free to take a waiting client get so long; an idle process may need that to be scheduled on a busy machine. */
const PATIENCE_MS = 10

/**
 * `async`: every connection takes a slot, and all requests on the accepted connections run at once.
 *
 * With a `Balance` a loop that is ahead of the others closes its gate after a client, so that the next one goes elsewhere. It looks
 * again soon, opens when it is no longer ahead, and takes somebody whom nobody else took for 10 ms, then two, then four: the others may be
 * blocked.
 */
export class ConnectionAdmission implements Admission {
  readonly #gate: Gate
  readonly #slots: number
  readonly #balance: Balance | null
  #held = 0
  #looks = 0
  /** Since when somebody has been seen waiting. */
  #waitingSinceMs: number | null = null
  /** Clients it takes although it is ahead, and how many it was the last time. */
  #allowance = 0
  #lastAllowance = 0
  #eager: NodeJS.Immediate | undefined
  #nap: NodeJS.Timeout | undefined

  constructor(gate: Gate, slots: number, balance: Balance | null) {
    this.#gate = gate
    this.#slots = slots
    this.#balance = balance
  }

  get busySlots(): number {
    return this.#held
  }

  start(): void {
    this.#gate.open()
    this.#balance?.publish(LOOP_STATE.open, this.#held)
  }

  /** It takes nobody any more, or everybody: whoever is left in the queue has nobody else. */
  leave(): void {
    this.#balance?.publish(LOOP_STATE.absent, 0)
    this.#left = true
    this.#stopLooking()
    if (this.#held < this.#slots) this.#gate.open()
  }
  #left = false

  connected(): void {
    this.#held += 1
    this.#balance?.took()
    this.#allowance = Math.max(0, this.#allowance - 1)
    this.#looks = 0
    this.#decide()
  }

  disconnected(): void {
    this.#held -= 1
    this.#decide()
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

  #decide(): void {
    if (this.#held >= this.#slots) {
      this.#stopLooking()
      this.#gate.pause()
      if (!this.#left) this.#balance?.publish(LOOP_STATE.absent, this.#held)
      return
    }
    if (this.#balance === null || this.#left) {
      this.#gate.open()
      return
    }
    if (this.#letsOthersGoFirst(this.#balance)) {
      this.#gate.pause()
      this.#lookAgain()
    } else {
      this.#stopLooking()
      this.#gate.open()
    }
    this.#balance.publish(this.#state(), this.#held)
  }

  #letsOthersGoFirst(balance: Balance): boolean {
    return this.#allowance === 0 && balance.isAhead(this.#held)
  }

  #state() {
    if (this.#gate.isOpen) return LOOP_STATE.open
    return this.#looks <= EAGER_LOOKS + ATTENTIVE_NAPS ? LOOP_STATE.attentive : LOOP_STATE.dozing
  }

  #lookAgain(): void {
    if (this.#eager !== undefined || this.#nap !== undefined) return
    this.#looks += 1
    const napMs = NAPS_MS[Math.min(this.#looks - EAGER_LOOKS, NAPS_MS.length) - 1]
    if (napMs === undefined) this.#eager = setImmediate(() => this.#look(false))
    else this.#nap = setTimeout(() => this.#look(true), napMs)
  }

  #look(rested: boolean): void {
    this.#eager = undefined
    this.#nap = undefined
    if (rested) this.#mindWaiting(this.#gate.hasWaiting())
    this.#decide()
  }

  #mindWaiting(somebodyWaits: boolean): void {
    if (!somebodyWaits) {
      this.#waitingSinceMs = null
      this.#lastAllowance = 0
      return
    }
    const nowMs = monotonicMs()
    this.#waitingSinceMs ??= nowMs
    // Short naps as long as somebody waits.
    this.#looks = EAGER_LOOKS
    if (nowMs - this.#waitingSinceMs < PATIENCE_MS) return
    this.#waitingSinceMs = null
    this.#lastAllowance = Math.max(1, 2 * this.#lastAllowance)
    this.#allowance = this.#lastAllowance
  }

  #stopLooking(): void {
    clearImmediate(this.#eager)
    clearTimeout(this.#nap)
    this.#eager = undefined
    this.#nap = undefined
    this.#looks = 0
  }
}
