import { closeSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { Descriptors } from '../native/descriptors.js'
import { handleClassOf, socketOf, type HandleClass } from './accepted-socket.js'
import { descriptorOf } from './descriptor-of.js'
import { DescriptorRoom } from './descriptor-room.js'

/** A full process cannot accept; it tries again when some descriptors may have been closed. */
const RETRY_MS = 100

export interface GateOptions {
  /** Inherited listening descriptors; the gate owns them. */
  fds: readonly number[]
  backlog: number
  native: Descriptors | null
  onConnection: (socket: Socket) => void
}

/**
 * The way in to one event loop. Node cannot stop accepting without closing the descriptor, so the loop accepts
 * on a duplicate: pausing closes it, opening makes a new one. Whoever is not accepted waits in the kernel's
 * queue, where another loop may take him.
 *
 * Pausing inside `onConnection` ends libuv's accept loop at once: exactly one client has come in.
 *
 * A gate that opens while clients wait takes the first one itself. Under load that spares `sync` an acceptor for each request: its
 * descriptor, its place in epoll and its end.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #acceptors: Server[]
  #state: 'paused' | 'open' | 'closed' = 'paused'
  #retry: NodeJS.Timeout | undefined
  /** Which socket is asked first for a waiting client; turns, so that one busy address does not shut out the others. */
  #first = 0
  /** By socket, once libuv has listened on it: then it is non-blocking too, and accept cannot keep the loop waiting. */
  readonly #handleClasses: (HandleClass | undefined)[] = []
  /** By socket: what it accepts needs no TCP_NODELAY of its own. */
  readonly #sendsAtOnce: boolean[]
  readonly #room: DescriptorRoom

  constructor(options: GateOptions) {
    this.#options = options
    this.#sendsAtOnce = options.fds.map((fd) => options.native?.sendAtOnce(fd) ?? false)
    this.#room = new DescriptorRoom(options.native)
    this.#acceptors = options.fds.map(() => this.#acceptor())
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  open(): void {
    if (this.#state !== 'paused') return
    this.#state = 'open'
    this.takeNext()
    if (this.isOpen) this.#acceptors.forEach((acceptor, index) => this.#listen(acceptor, index))
  }

  /** Without dup there is no way back, so the gate stays open. */
  pause(): void {
    if (this.#state !== 'open' || this.#options.native === null) return
    this.#state = 'paused'
    this.#stopAccepting()
  }

  /** For good: this loop gives up its share of the socket. */
  close(): void {
    if (this.#state === 'closed') return
    const everOpened = this.#acceptors.some((acceptor) => acceptor.listening)
    this.#state = 'closed'
    this.#stopAccepting()
    // Without dup the acceptor itself owned the inherited descriptor.
    if (this.#options.native !== null || !everOpened) this.#options.fds.forEach((fd) => closeSync(fd))
  }

  /** Is somebody waiting in the kernel's queue? Never true without dup, as nothing is left there. */
  hasWaiting(): boolean {
    if (this.#state === 'closed') return false
    return this.#options.native?.hasWaiting(this.#options.fds) ?? false
  }

  /**
   * Takes the client who waits longest, where the gate is open: libuv takes one in each turn of the loop.
   *
   * @returns false when nobody waits, only libuv can take him, or descriptors are short
   */
  takeNext(): boolean {
    if (!this.isOpen || this.#retry !== undefined) return false
    const { fds, native } = this.#options
    for (let turn = 0; turn < fds.length; turn++) {
      const index = (this.#first + turn) % fds.length
      const inherited = fds[index]
      const handleClass = this.#handleClasses[index]
      if (native === null || inherited === undefined || handleClass === undefined) continue
      const fd = native.accept(inherited)
      const socket = fd === -1 ? null : socketOf(fd, handleClass, this.#sendsAtOnce[index] === true)
      if (socket === null) continue
      this.#first = index + 1
      this.#accepted(socket)
      return true
    }
    return false
  }

  #acceptor(): Server {
    // What `http.Server` asks of the sockets it accepts itself.
    const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accepted(socket))
    // ENFILE, ENOMEM and the like: the client stays in the queue.
    acceptor.on('error', () => this.#waitForRoom())
    return acceptor
  }

  #accepted(socket: Socket): void {
    if (this.isOpen && !this.#room.isAbove(descriptorOf(socket))) this.#waitForRoom()
    this.#options.onConnection(socket)
  }

  #listen(acceptor: Server, index: number): void {
    const { fds, backlog, native } = this.#options
    const inherited = fds[index]
    if (inherited === undefined || acceptor.listening) return
    const fd = native === null ? inherited : native.duplicate(inherited)
    if (fd === -1) this.#retryLater()
    else if (!this.#room.isAbove(fd)) {
      closeSync(fd)
      this.#retryLater()
    }
    // The backlog goes beside the options: within them it is ignored for `fd`, and listen(2) would make it 511.
    else {
      acceptor.listen({ fd }, backlog)
      this.#handleClasses[index] ??= handleClassOf(acceptor)
    }
  }

  /** The gate stays open for everybody who asks, but nobody comes in until descriptors have been closed. */
  #waitForRoom(): void {
    if (this.#options.native !== null) this.#stopAccepting()
    this.#retryLater()
  }

  #stopAccepting(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    for (const acceptor of this.#acceptors) if (acceptor.listening) acceptor.close()
  }

  #retryLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined
      if (this.#state === 'open') this.#acceptors.forEach((acceptor, index) => this.#listen(acceptor, index))
    }, RETRY_MS)
  }
}
