import type { Socket } from 'node:net'

/** One accepted client. */
export class Connection {
  /** As it was accepted. */
  readonly accepted: Socket
  /** What HTTP is spoken on: the same, or TLS upon it. */
  socket: Socket
  /** Requests that have begun and are not answered, waiting ones included. */
  activeRequests = 0
  #idleSinceMs = performance.now()
  #bytesReadWhenIdle = 0
  #queuedMs: number
  #trusts: (socket: Socket) => boolean = () => false
  #trusted: boolean | undefined
  #hungUp = false

  /** @param queuedMs how long he had waited in the kernel's queue when he was accepted. */
  constructor(socket: Socket, queuedMs: number) {
    this.accepted = socket
    this.socket = socket
    this.#queuedMs = queuedMs
  }

  /**
   * Everything before HTTP is done; what was read for that belongs to no request.
   *
   * @param trusts is the peer of a connection believed? Asked once, and only when it matters.
   */
  ready(socket: Socket, trusts: (socket: Socket) => boolean): void {
    this.socket = socket
    this.#trusts = trusts
    this.#wait()
    this.#bytesReadWhenIdle -= socket.readableLength
  }

  /** Comes from a proxy that is believed. */
  get trusted(): boolean {
    this.#trusted ??= this.#trusts(this.accepted)
    return this.#trusted
  }

  /** The wait in the kernel's queue was that of the first request alone. */
  takeQueuedMs(): number {
    const queuedMs = this.#queuedMs
    this.#queuedMs = 0
    return queuedMs
  }

  /** Nothing more will be answered on it. */
  get closed(): boolean {
    return this.#hungUp || this.socket.destroyed
  }

  /**
   * Ends the connection with its last answer, which has just been written. Node would shut the sending side down first and close in the
   * next turn of the loop; that was a seventh of the CPU of a `sync` worker. The kernel sends what it has taken after close(2) as well.
   *
   * @param requestRead the whole request has come. Otherwise the kernel may hold bytes that nobody will read, and close(2) alone would reset
   *   the connection.
   */
  hangUp(requestRead: boolean): void {
    if (this.#hungUp) return
    this.#hungUp = true
    const { socket } = this
    const isPlain = socket === this.accepted
    if (!isPlain || !requestRead || socket.writableLength > 0) {
      socket.destroySoon()
      return
    }
    // Node asks for it again when it has told of the finished answer.
    socket.destroySoon = nothingMore
    // Not at once: who listens for the end of the answer may still ask for the client's address.
    setImmediate(destroy, socket)
  }

  requestEnded(): void {
    this.activeRequests -= 1
    if (this.activeRequests === 0) this.#wait()
  }

  /** Nothing under way, and not a byte of the next request has come, for so long. @param nowMs by `performance.now()` */
  idleForMs(nowMs: number): number {
    const idle = this.activeRequests === 0 && this.accepted.bytesRead === this.#bytesReadWhenIdle
    return idle ? nowMs - this.#idleSinceMs : 0
  }

  #wait(): void {
    this.#idleSinceMs = performance.now()
    this.#bytesReadWhenIdle = this.accepted.bytesRead
  }
}

function nothingMore(): void {
  // It is on its way.
}

function destroy(socket: Socket): void {
  socket.destroy()
}

/** One request on its connection, ready to be given to the app. */
export interface Exchange {
  readonly connection: Connection
  /** Hands the request to the app. */
  run(): void
  /** Ends the connection; its answer was the last. */
  hangUp(): void
}
