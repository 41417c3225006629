import type { Socket } from 'node:net'
import { monotonicMs } from '../clock.js'

/** One accepted client. */
export class Connection {
  readonly socket: Socket
  /** Requests that have begun and are not answered, waiting ones included. */
  activeRequests = 0
  #idleSinceMs = monotonicMs()
  #bytesReadWhenIdle = 0

  constructor(socket: Socket) {
    this.socket = socket
  }

  get closed(): boolean {
    return this.socket.destroyed
  }

  requestEnded(): void {
    this.activeRequests -= 1
    if (this.activeRequests > 0) return
    this.#idleSinceMs = monotonicMs()
    this.#bytesReadWhenIdle = this.socket.bytesRead
  }

  /** Nothing under way, and not a byte of the next request has come, for so long. */
  idleForMs(nowMs: number): number {
    const idle = this.activeRequests === 0 && this.socket.bytesRead === this.#bytesReadWhenIdle
    return idle ? nowMs - this.#idleSinceMs : 0
  }
}

/** One request on its connection, ready to be given to the app. */
export interface Exchange {
  readonly connection: Connection
  /** Hands the request to the app. */
  run(): void
}
