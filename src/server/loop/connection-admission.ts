import { monotonicMs } from '../clock.js'
import { LOOP_STATE } from '../load-board.js'
import type { Admission } from './admission.js'
import type { Balance } from './balance.js'
import type { Connection } from './connection.js'
import type { Exchange } from './exchange.js'
import type { Gate } from './gate.js'

/** A loop that lets others go first looks again at the end of so many turns, then after so many milliseconds each. */
const EAGER_LOOKS = 1
const NAPS_MS = [1, 2, 5]
/** When nobody has come for so long, a lead in clients taken is forgotten, and one in connections is looked at less often. */
const CALM_MS = 1000
const CALM_NAP_MS = 20
/** Others who were free to take a waiting client get so long; an idle process may need that to be scheduled on a busy machine. */
const PATIENCE_MS = 10
/** In one turn of the loop, so that those who are served already need not wait for long: some 30 µs each. */
const MOST_AT_ONCE = 64

/**
 * `async`: every connection takes a slot, and all requests on the accepted connections run at once.
 *
 * With a `Balance` a loop that is ahead of the others closes its gate after a client, so that the next one goes elsewhere. It looks
 * again soon, opens when it is no longer ahead, and takes somebody whom nobody else took for 10 ms, then two, then four: the others may be
 * blocked.
 *
 * libuv accepts one client in each turn of the loop. Where a turn is long, because every request computes, those who were taken first would
 * have an answer in each turn while the last waited for his first: 20 new clients of a handler that takes 10 ms, the last for 2.1 s. So
 * once somebody has waited for so long that nobody else was free, all who stand behind him are taken in the same turn, as far as the loop
 * is not ahead of the others.
 */
export class ConnectionAdmission implements Admission {
  readonly isPerRequest = false
  readonly #gate: Gate
  readonly #slots: number
  readonly #balance: Balance | null
  #held = 0
  #looks = 0
  /** When somebody was last taken, or seen waiting. */
  #lastClientMs = -Infinity
  /** Since when somebody has been seen waiting. */
  #waitingSinceMs: number | null = null
  /** Of those who hold fewer connections, when somebody was last seen waiting. */
  #progress = 0
  /** Clients it takes although it is ahead, and how many it was the last time. */
  #allowance = 0
  #lastAllowance = 0
  /** So it was when the last client was taken, who had waited for long. */
  #nobodyElseIsFree = false
  #endOfTurn: NodeJS.Immediate | undefined
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

  connected({ queuedMs }: Connection): void {
    this.#held += 1
    this.#balance?.took()
    this.#allowance = Math.max(0, this.#allowance - 1)
    this.#looks = 0
    this.#lastClientMs = monotonicMs()
    this.#nobodyElseIsFree = queuedMs >= PATIENCE_MS
    this.#decide()
    if (this.#nobodyElseIsFree) this.#endOfTurn ??= setImmediate(() => this.#takeThoseBehind())
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
    this.#balance.publish(this.#gate.isOpen ? LOOP_STATE.open : LOOP_STATE.yielding, this.#held)
  }

  #takeThoseBehind(): void {
    let taken = 0
    while (this.#nobodyElseIsFree && taken < MOST_AT_ONCE && this.#gate.takeNext()) taken += 1
    this.#endOfTurn = undefined
  }

  #letsOthersGoFirst(balance: Balance): boolean {
    return this.#allowance === 0 && balance.isAhead(this.#held)
  }

  #lookAgain(): void {
    if (this.#eager !== undefined || this.#nap !== undefined) return
    this.#looks += 1
    if (this.#looks <= EAGER_LOOKS) this.#eager = setImmediate(() => this.#look(false))
    else this.#nap = setTimeout(() => this.#look(true), this.#napMs())
  }

  #napMs(): number {
    if (monotonicMs() - this.#lastClientMs > CALM_MS) return CALM_NAP_MS
    return NAPS_MS[Math.min(this.#looks - EAGER_LOOKS, NAPS_MS.length) - 1] ?? CALM_NAP_MS
  }

  #look(rested: boolean): void {
    this.#eager = undefined
    this.#nap = undefined
    if (rested) this.#mindWaiting(this.#gate.hasWaiting())
    this.#decide()
  }

  #mindWaiting(somebodyWaits: boolean): void {
    const nowMs = monotonicMs()
    if (!somebodyWaits) {
      this.#waitingSinceMs = null
      this.#lastAllowance = 0
      if (nowMs - this.#lastClientMs > CALM_MS) this.#balance?.forgetLead(this.#held)
      return
    }
    this.#lastClientMs = nowMs
    // Somebody is coming for them, only slowly: all cores may be busy.
    const progress = this.#balance?.progressBehind(this.#held) ?? 0
    if (progress !== this.#progress) this.#waitingSinceMs = null
    this.#progress = progress
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
