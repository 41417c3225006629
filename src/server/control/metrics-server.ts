import { once } from 'node:events'
import http from 'node:http'
import { describeAddress, parseBind } from '../bind.js'
import { ServerError, SERVER_EXIT } from '../errors.js'
import { cannotBind, removeStaleSocket } from '../listener.js'
import type { ServerStats } from '../protocol.js'
import { prometheusText } from './prometheus.js'

const OPTION = '--metrics-bind'

export interface MetricsServer {
  /** Where it really listens. */
  readonly address: string
  close(): void
}

/**
 * `/metrics` for Prometheus, and `/ready` for probes: 200 while a worker serves, 503 otherwise.
 *
 * @throws {ServerError} exit 2, when the address cannot be bound.
 */
export async function openMetrics(bind: string, stats: () => Promise<ServerStats>): Promise<MetricsServer> {
  const server = http.createServer((request, response) => {
    respond(request.url ?? '', stats).then(
      ([status, text]) => {
        response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        response.end(text)
      },
      () => response.destroy(),
    )
  })
  const wanted = parseBind(bind)
  try {
    if ('socketPath' in wanted) await removeStaleSocket(wanted.socketPath, OPTION)
    server.listen('socketPath' in wanted ? { path: wanted.socketPath } : wanted)
    await once(server, 'listening')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const fault = error instanceof ServerError ? error : cannotBind(wanted, code ?? String(error), OPTION)
    throw new ServerError(`No metrics: ${fault.message}`, {
      code: 'TUNE_E_METRICS_BIND',
      exit: SERVER_EXIT.usage,
      suggestions: fault.suggestions,
    })
  }
  server.on('error', () => {
    // A connection that the system cannot hand over (no memory) is lost, and not the server with it.
  })
  const found = server.address()
  const real =
    found === null || typeof found === 'string' ? wanted : { host: found.address, port: found.port }
  return {
    address: describeAddress(real),
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function respond(url: string, stats: () => Promise<ServerStats>): Promise<[number, string]> {
  const path = url.split('?', 1)[0]
  if (path === '/metrics') return [200, prometheusText(await stats())]
  if (path !== '/ready') return [404, 'Try /metrics or /ready\n']
  const ready = (await stats()).workers.filter(({ state, stale }) => state === 'ready' && !stale).length
  return ready > 0 ? [200, `${ready} workers ready\n`] : [503, 'no worker is ready\n']
}
