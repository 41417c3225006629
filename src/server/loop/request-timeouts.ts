import { createLog, type Log } from '../log.js'
import { monotonicMs } from '../clock.js'
import type { LogLevel } from '../settings.js'
import type { Arrival } from './http-server.js'

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

  /** Starts now and ends with the request. A connection that was handed to the app has no request to time. */
  watch(arrival: Arrival): void {
    const { request, response, socket } = arrival
    if (this.#afterMs === 0 || response === null) return
    const startedAtMs = monotonicMs()
    const timer = setTimeout(() => {
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
    const stop = () => clearTimeout(timer)
    arrival.onAnswered(stop)
    arrival.onClosed(stop)
  }
}

/** Queries carry secrets, so the log shows the path alone. */
function pathOf(url = ''): string {
  return url.split('?', 1)[0] ?? ''
}
