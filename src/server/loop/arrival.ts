import type { EventEmitter } from 'node:events'
import http from 'node:http'
import type { Socket } from 'node:net'

/** Who is told how a request comes to its end. */
export interface ArrivalWatcher {
  /** The app has said all it has to say; its slot is free, though the client may still be reading. */
  answered(): void
  /** Nothing is left to be done for it. `complete` is false when the client went before the answer. */
  closed(complete: boolean): void
}

/** A request on its way to the app. */
export interface Arrival {
  socket: Socket
  request: http.IncomingMessage
  /** `null` when the app gets the raw socket, as for a WebSocket. */
  response: http.ServerResponse | null
  /**
   * One watcher, from before it is delivered.
   *
   * @param ofAnswer also of the answer where it comes before the end; to be told costs something in every request.
   */
  watch(watcher: ArrivalWatcher, ofAnswer: boolean): void
  /** Delivers it. */
  run(): void
}

/** Who is told when the response closes. */
const WATCHER = Symbol('watcher')
type WatchedResponse = http.ServerResponse & { [WATCHER]?: ArrivalWatcher }

/** As `Exchange`, an object with methods because it is made for every request. */
export class RequestArrival implements Arrival {
  readonly socket: Socket
  readonly request: http.IncomingMessage
  readonly response: WatchedResponse
  readonly #server: http.Server
  readonly #event: string

  constructor(
    server: http.Server,
    event: string,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ) {
    this.socket = request.socket
    this.request = request
    this.response = response
    this.#server = server
    this.#event = event
  }

  run(): void {
    // The server's own would judge it again. Tracers put themselves into this one.
    const prototype: EventEmitter = http.Server.prototype
    prototype.emit.call(this.#server, this.#event, this.request, this.response)
  }

  watch(watcher: ArrivalWatcher, ofAnswer: boolean): void {
    const { response } = this
    response[WATCHER] = watcher
    if (ofAnswer) response.on('prefinish', tellAnswered)
    response.on('close', tellClosed)
  }
}

/** One function for all responses: V8 looks for the code of each new one when it is first called. */
function tellAnswered(this: WatchedResponse): void {
  this[WATCHER]?.answered()
}

function tellClosed(this: WatchedResponse): void {
  this[WATCHER]?.closed(this.writableEnded)
}

export function takeoverArrival(request: http.IncomingMessage, socket: Socket, run: () => void): Arrival {
  // The request lasts as long as its socket.
  const watch = (watcher: ArrivalWatcher) => {
    socket.once('close', () => {
      watcher.closed(true)
    })
  }
  return { socket, request, response: null, run, watch }
}
