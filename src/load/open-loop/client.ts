import { Pool } from 'undici'
import type { OpenLoadSpec } from '../../result/open-load.js'
import { routesOf, type Address } from '../../result/request.js'
import { answerCheck } from '../answer-check.js'
import { qualityOfStatus, type Failure, type Quality } from '../window-account.js'

/** Ends one request, once. */
export interface Ending {
  answered(status: number, quality: Quality): void
  failed(failure: Failure, message: string): void
}

export interface OpenClient {
  /** Sends the request of this index in the mix. */
  send(route: number, ending: Ending): void
  close(): Promise<void>
}

/** undici's pool: a connection for each request under way, kept open as far as the server allows. */
export function openClient(spec: OpenLoadSpec): OpenClient {
  const { address, maxConnections, timeoutSeconds } = spec
  const timeout = timeoutSeconds * 1000
  const pool = new Pool(originOf(address), {
    connections: maxConnections,
    pipelining: 1,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connect: { timeout, ...('socketPath' in address ? { socketPath: address.socketPath } : {}) },
  })
  const routes = routesOf(spec.request).map(({ method, path, headers, body, expect }) => ({
    options: { method: method as 'GET', path, headers, body },
    expect,
  }))
  return {
    send(index, ending) {
      const route = routes[index] ?? routes[0]
      if (route === undefined) throw new Error('nothing to send')
      const check = answerCheck(route.expect)
      let status = 0
      pool.dispatch(route.options, {
        onRequestStart: ignore,
        onResponseStart: (_controller, statusCode) => {
          status = statusCode
        },
        onResponseData: check.readsBody ? (_controller, chunk) => check.part(chunk) : ignore,
        onResponseEnd: () => {
          const good = check.end(status)
          const quality = route.expect === undefined ? qualityOfStatus(status) : good ? 'good' : 'unexpected'
          ending.answered(status, quality)
        },
        onResponseError: (_controller, error) => ending.failed(kindOf(error), error.message),
      })
    },
    close: () => pool.destroy(),
  }
}

function originOf(address: Address): string {
  if ('socketPath' in address) return 'http://localhost'
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `http://${host}:${address.port}`
}

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])
/** The server hung up: undici's own word for it, or the kernel's. */
const HANG_UPS = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

function kindOf(error: Error): Failure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (TIMEOUTS.has(code)) return 'timeout'
  return HANG_UPS.has(code) ? 'lost' : 'error'
}

function ignore(): void {
  // Deliberately nothing.
}
