import { LOOP_STATE, LoadBoard, type LoopState } from '../load-board.js'

/** How many clients a loop may have taken more than the others who hold as few connections, before it lets them go first. */
const LEAD = 1

/** @param place where the loop sits; `null` when it was given no seat. */
export function balanceAt(place: { fd: number; seat: number } | null): Balance | null {
  const board = place && LoadBoard.map(place.fd)
  return place && board && new Balance(board, place.seat)
}

/** One loop's view of all of them: is it another one's turn? */
export class Balance {
  readonly #board: LoadBoard
  readonly #seat: number
  #taken = 0

  constructor(board: LoadBoard, seat: number) {
    this.#board = board
    this.#seat = seat
    // A newcomer who began at 0 would get every client until he had as many as the others.
    for (let other = 1; other <= board.seats; other += 1)
      if (other !== seat) this.#taken = Math.max(this.#taken, board.takenOf(other))
  }

  /** A client was accepted. */
  took(): void {
    this.#taken += 1
  }

  publish(state: LoopState, connections: number): void {
    this.#board.write(this.#seat, state, connections, this.#taken)
  }

  /** For the parent, who asks in vain while the app blocks the loop. */
  tellUnderWay(requests: number): void {
    this.#board.tellUnderWay(this.#seat, requests)
  }

  /**
   * Should the next client go to somebody else? Yes if another loop holds fewer connections, by more than an eighth where they are
   * many, or if an open one that holds as few has taken fewer clients so far.
   */
  isAhead(connections: number): boolean {
    const { fewest, leastTaken } = this.#others(connections)
    return connections > fewest + Math.floor(fewest / 8) || this.#taken > leastTaken + LEAD
  }

  /** What was taken long ago gives nobody the next client. */
  forgetLead(connections: number): void {
    this.#taken = Math.min(this.#taken, this.#others(connections).leastTaken + LEAD)
  }

  /**
   * Changes whenever a loop that holds fewer connections takes a client: it is not blocked, only slow.
   *
   * @returns a number to compare with the one before.
   */
  progressBehind(connections: number): number {
    return this.#others(connections).takenBehind
  }

  #others(connections: number): { fewest: number; leastTaken: number; takenBehind: number } {
    const board = this.#board
    let fewest = Infinity
    let leastTaken = Infinity
    let takenBehind = 0
    for (let seat = 1; seat <= board.seats; seat += 1) {
      const state = board.stateOf(seat)
      if (seat === this.#seat || state === LOOP_STATE.absent) continue
      const held = board.connectionsOf(seat)
      fewest = Math.min(fewest, held)
      if (state === LOOP_STATE.open && held <= connections)
        leastTaken = Math.min(leastTaken, board.takenOf(seat))
      if (held < connections) takenBehind += board.takenOf(seat)
    }
    return { fewest, leastTaken, takenBehind }
  }
}
