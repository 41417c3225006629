import type { Socket } from 'node:net'
import { monotonicMs } from '../clock.js'

/** One accepted client. */
export class Connection {
  /** As it was accepted. */
  readonly accepted: Socket
  /** What HTTP is spoken on: the same, or TLS upon it. */
  socket: Socket
  /** Comes from a proxy that is believed. */
  trusted = false
  /** Requests that have begun and are not answered, waiting ones included. */
  activeRequests = 0
  #idleSinceMs = monotonicMs()
  #bytesReadWhenIdle = 0

  constructor(socket: Socket) {
    this.accepted = socket
    this.socket = socket
  }

  /** Everything before HTTP is done; what was read for that belongs to no request. */
  ready(socket: Socket, trusted: boolean): void {
    this.socket = socket
    this.trusted = trusted
    this.#wait()
    this.#bytesReadWhenIdle -= socket.readableLength
  }

  get closed(): boolean {
    return this.socket.destroyed
  }

  requestEnded(): void {
    this.activeRequests -= 1
    if (this.activeRequests === 0) this.#wait()
  }

  /** Nothing under way, and not a byte of the next request has come, for so long. */
  idleForMs(nowMs: number): number {
    const idle = this.activeRequests === 0 && this.accepted.bytesRead === this.#bytesReadWhenIdle
    return idle ? nowMs - this.#idleSinceMs : 0
  }

  #wait(): void {
    this.#idleSinceMs = monotonicMs()
    this.#bytesReadWhenIdle = this.accepted.bytesRead
  }
}

/** One request on its connection, ready to be given to the app. */
export interface Exchange {
  readonly connection: Connection
  /** Hands the request to the app. */
  run(): void
}
