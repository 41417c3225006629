import { createLog, type Log } from '../log.js'
import { monotonicMs } from '../clock.js'
import type { LogLevel } from '../settings.js'
import type { Exchange } from './exchange.js'

/**
 * The request's own clock, beside liveness: it counts from the moment the app has the request. JavaScript that runs
 * cannot be taken back, so the client gets his answer and the slot is free, while the handler may still go on. A
 * handler that blocks the loop is a matter of liveness.
 */
export class RequestTimeouts {
  readonly #afterMs: number
  readonly #log: Log
  readonly #onTimeout: () => void

  constructor(afterSeconds: number, logLevel: LogLevel, onTimeout: () => void) {
    this.#afterMs = afterSeconds * 1000
    this.#log = createLog(logLevel)
    this.#onTimeout = onTimeout
  }

  /** Is there a request timeout at all? */
  get areOn(): boolean {
    return this.#afterMs > 0
  }

  /** Starts now. A connection that was handed to the app has no request to time. */
  start(exchange: Exchange): void {
    const { request, response, socket } = exchange.arrival
    if (response === null) return
    const startedAtMs = monotonicMs()
    exchange.timer = setTimeout(() => {
      // A response that waits in a pipeline is never told that its client has gone.
      if (socket.destroyed) return
      this.#onTimeout()
      const tookMs = Math.round(monotonicMs() - startedAtMs)
      this.#log.error(`REQUEST TIMEOUT ${request.method ?? ''} ${pathOf(request.url)} after ${tookMs} ms`)
      if (response.headersSent) {
        socket.destroy()
        return
      }
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      response.shouldKeepAlive = false
      response.writeHead(503, { 'content-type': 'text/plain' })
      response.end('503 Service Unavailable: the app did not answer in time\n')
    }, this.#afterMs)
  }

  /** The app has answered. */
  end({ timer }: Exchange): void {
    clearTimeout(timer)
  }
}

/** Queries carry secrets, so the log shows the path alone. */
function pathOf(url = ''): string {
  return url.split('?', 1)[0] ?? ''
}
