import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Descriptors } from '../native/descriptors.js'
import { descriptorOf } from './descriptor-of.js'
import { givesLast } from './http-socket.js'
import { endLingering, isLingering } from './lingering.js'
import { rememberPeer } from './peer-name.js'

/**
 * A client who was answered sooner has hardly sent more. To ask the kernel costs 2 µs beside all else that a worker does, 6 % of the CPU of the
 * shortest `sync` request.
 */
const SOON_MS = 1

/** On the socket itself: a map would be searched several times for each request. */
const CONNECTION = Symbol('connection')
type KnownSocket = Socket & { [CONNECTION]?: Connection | undefined }

/** One accepted client. */
export class Connection {
  /** Of a socket that HTTP is spoken on; `undefined` once it has closed. */
  static of(socket: KnownSocket): Connection | undefined {
    return socket[CONNECTION]
  }

  /** As it was accepted. */
  readonly accepted: Socket
  /** What HTTP is spoken on: the same, or TLS upon it. */
  socket: Socket
  /** Requests that have begun and are not answered, waiting ones included. */
  activeRequests = 0
  #idleSinceMs = performance.now()
  #bytesReadWhenIdle = 0
  /** How long he had waited in the kernel's queue when he was accepted. */
  #queuedMs: number
  readonly #native: Descriptors | null
  #trusts: (socket: Socket) => boolean = () => false
  #trusted: boolean | undefined
  #hungUp = false
  #asksKernel = true

  /** @param socket that was just accepted. */
  constructor(socket: Socket, native: Descriptors | null) {
    this.accepted = socket
    this.socket = socket
    this.#native = native
    this.#queuedMs = native?.waitedMs(descriptorOf(socket)) ?? 0
  }

  /**
   * Everything before HTTP is done; what was read for that belongs to no request.
   *
   * @param trusts is the peer of a connection believed? Asked once, and only when it matters.
   */
  ready(socket: Socket, trusts: (socket: Socket) => boolean): void {
    this.socket = socket
    ;(socket as KnownSocket)[CONNECTION] = this
    this.#trusts = trusts
    this.#wait()
    this.#bytesReadWhenIdle -= socket.readableLength
  }

  /** Its socket has closed; what may still be read from it is nobody's. */
  gone(): void {
    ;(this.socket as KnownSocket)[CONNECTION] = undefined
  }

  get isGone(): boolean {
    return Connection.of(this.socket) !== this
  }

  /** Comes from a proxy that is believed. */
  get trusted(): boolean {
    this.#trusted ??= this.#trusts(this.accepted)
    return this.#trusted
  }

  /** How long the client waited in the kernel's queue; 0 once a request was charged with it. */
  get queuedMs(): number {
    return this.#queuedMs
  }

  /** The wait in the kernel's queue was that of the first request alone. */
  takeQueuedMs(): number {
    const queuedMs = this.#queuedMs
    this.#queuedMs = 0
    return queuedMs
  }

  /** Nothing more will be answered on it: its last answer is given, or being given. */
  get closed(): boolean {
    const { socket } = this
    return this.#hungUp || socket.destroyed || socket.writableEnded || givesLast(socket)
  }

  /**
   * The end of its last answer is about to be written. Held back until `hangUp`, it leaves in one packet with the end of the connection: a
   * seventh less CPU for each request of `sync`, and less for the client.
   */
  holdBack(): void {
    if (this.#isPlain) this.#native?.holdBack(descriptorOf(this.accepted))
  }

  /** Ends the connection with the answer that was just written, its last: the client gets both now. */
  hangUp(request: IncomingMessage): void {
    if (this.#hungUp || this.socket.destroyed) return
    this.#hungUp = true
    this.#asksKernel = performance.now() - this.#idleSinceMs > SOON_MS
    if (this.#isPlain && this.socket.writableLength === 0 && this.#native !== null) {
      rememberPeer(this.accepted, this.#native)
      // The client does not wait until the app's code returns.
      this.#native.endSending(descriptorOf(this.accepted))
    }
    // Node asks for the end, too, once the answer is out; `close` sees to it.
    this.socket.destroySoon = nothingMore
    // Not within this turn of the loop: whoever listens for the end of the answer may still ask for the client's address, and of a
    // request that is answered at once the parser learns the end only afterwards.
    setImmediate(close, this, request)
  }

  /**
   * Called when an answer is out, and with it Node has asked for the end of the connection if that was the last. Where the client has
   * sent more than was read, Node's way would be a reset.
   */
  answerSent(request: IncomingMessage): void {
    const { socket } = this
    if (!socket.writableEnded || socket.destroyed) return
    if (this.isSending(request)) endLingering(socket)
  }

  /** The client is still sending: the rest of this request, or something behind it. Closed now, the connection would be reset. */
  isSending(request: IncomingMessage): boolean {
    if (!request.complete) return true
    return this.#asksKernel && this.#native?.isSending(descriptorOf(this.accepted)) === true
  }

  /** No TLS upon it. */
  get #isPlain(): boolean {
    return this.socket === this.accepted
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

/** In place of `destroySoon`. */
function nothingMore(): void {
  // `close` is on its way.
}

/**
 * Node's `destroySoon` asks libuv for shutdown(2), and closes in the next turn of the loop; that was a seventh of the CPU of a `sync` worker.
 * The kernel sends what it has taken after close(2) as well. But with unread bytes in it, of a request that is still coming or of one
 * behind it, close(2) resets the connection; and over TLS the end is a message of its own.
 */
function close(connection: Connection, request: IncomingMessage): void {
  const { socket, accepted } = connection
  if (isLingering(socket)) return
  const isOut = socket === accepted && socket.writableLength === 0
  if (isOut && !connection.isSending(request)) socket.destroy()
  else endLingering(socket)
}
