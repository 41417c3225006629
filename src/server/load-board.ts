import { closeSync } from 'node:fs'
import { createSharedMemory, mapSharedMemory } from './native/shared-memory.js'

/** What a loop says of itself. */
export const LOOP_STATE = {
  /** No loop sits there, or it takes nobody: it is full, draining, or gone. */
  absent: 0,
  /** It accepts. */
  open: 1,
  /** It lets others go first, and looks again within some milliseconds. */
  yielding: 2,
} as const

export type LoopState = (typeof LOOP_STATE)[keyof typeof LOOP_STATE]

const CELLS = 4
/** Loops of one server; those beyond it are simply not balanced. */
const SEATS = 1023
/** The first seat is the header: how many seats have ever been in use. */
const BOARD_BYTES = (SEATS + 1) * CELLS * Float64Array.BYTES_PER_ELEMENT

/**
 * What every event loop of the server knows of every other: whether it accepts, how many connections it holds, how many it has
 * taken so far. And what the parent sees of a loop that cannot answer because its app blocks it: how many requests the app has.
 * Each loop writes its own cells only, so nothing is locked; a reader may be a moment behind.
 */
export class LoadBoard {
  readonly #cells: Float64Array

  constructor(buffer: ArrayBuffer = new ArrayBuffer(BOARD_BYTES)) {
    this.#cells = new Float64Array(buffer)
  }

  /** @returns `null` where memory cannot be shared. */
  static map(fd: number): LoadBoard | null {
    const buffer = mapSharedMemory(fd, BOARD_BYTES)
    return buffer && new LoadBoard(buffer)
  }

  /** Seats from 1 to here may be in use. */
  get seats(): number {
    return this.#cells[0] ?? 0
  }
  set seats(count: number) {
    this.#cells[0] = count
  }

  stateOf(seat: number): number {
    return this.#cells[seat * CELLS] ?? 0
  }
  connectionsOf(seat: number): number {
    return this.#cells[seat * CELLS + 1] ?? 0
  }
  takenOf(seat: number): number {
    return this.#cells[seat * CELLS + 2] ?? 0
  }

  underWayOf(seat: number): number {
    return this.#cells[seat * CELLS + 3] ?? 0
  }
  tellUnderWay(seat: number, requests: number): void {
    this.#cells[seat * CELLS + 3] = requests
  }

  write(seat: number, state: LoopState, connections: number, taken: number): void {
    this.#cells[seat * CELLS + 1] = connections
    this.#cells[seat * CELLS + 2] = taken
    this.#cells[seat * CELLS] = state
  }
}

export interface LoopHolds {
  /** Requests that the app has, or whose answers are not yet sent. */
  requestsUnderWay: number
  /** `null` while it is off the board, as one that drains is: it may have some. */
  connections: number | null
}

/** Where a worker's loops sit. */
export interface Seating {
  fd: number
  /** One seat for each loop. */
  seats: number[]
  /** What each loop has at this instant. Connections are told by `async` alone. */
  held(): LoopHolds[]
  /** When the worker is gone, however it went. */
  release(): void
}

/** The parent's side: hands out seats and clears those of the dead, who would look like idle loops otherwise. */
export class BoardSeats {
  readonly #fd: number
  readonly #board: LoadBoard
  readonly #taken = new Set<number>()

  private constructor(fd: number, board: LoadBoard) {
    this.#fd = fd
    this.#board = board
  }

  /** @returns `null` where memory cannot be shared: loops then do not know of each other. */
  static open(): BoardSeats | null {
    const fd = createSharedMemory(BOARD_BYTES)
    if (fd === null) return null
    const board = LoadBoard.map(fd)
    if (board !== null) return new BoardSeats(fd, board)
    closeSync(fd)
    return null
  }

  /** @returns `null` when there are not enough left. */
  take(loops: number): Seating | null {
    const seats: number[] = []
    for (let seat = 1; seat <= SEATS && seats.length < loops; seat += 1)
      if (!this.#taken.has(seat)) seats.push(seat)
    if (seats.length < loops) return null
    for (const seat of seats) this.#taken.add(seat)
    this.#board.seats = Math.max(...this.#taken)
    const release = () => {
      for (const seat of seats) {
        this.#taken.delete(seat)
        this.#board.write(seat, LOOP_STATE.absent, 0, 0)
        this.#board.tellUnderWay(seat, 0)
      }
    }
    const held = () =>
      seats.map((seat) => ({
        requestsUnderWay: this.#board.underWayOf(seat),
        connections: this.#connectionsOf(seat),
      }))
    return { fd: this.#fd, seats, held, release }
  }

  /** One that is full is absent too, and tells how many it has. */
  #connectionsOf(seat: number): number | null {
    const connections = this.#board.connectionsOf(seat)
    return this.#board.stateOf(seat) === LOOP_STATE.absent && connections === 0 ? null : connections
  }

  close(): void {
    closeSync(this.#fd)
  }
}
