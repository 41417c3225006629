import { performance } from 'node:perf_hooks'
import { isIP } from 'node:net'
import type { Configuration } from '../result/configuration.js'
import type { TargetCounters } from '../result/counters.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import type { Address, RequestSpec } from '../result/request.js'
import { tryRequest } from './answering.js'

export interface UrlTargetOptions {
  label: string
  workload: string | null
  configuration: Configuration
  /** `http://HOST:PORT` or `unix:PATH`; a path of HTTP belongs to the request. */
  url: string
  request: RequestSpec
  allowRemote: boolean
}

/** Implements the `Target` port for what runs already: it is neither started nor varied nor stopped, and tells nothing of itself. */
export function urlTarget({ label, workload, configuration, url, request, allowRemote }: UrlTargetOptions) {
  const address = parseUrl(url, allowRemote)
  return {
    label,
    workload,
    configuration,
    async start(signal: AbortSignal) {
      signal.throwIfAborted()
      const answering = await tryRequest(address, request)
      if (answering !== 'answered') throw unreachable(url, answering)
      return {
        address,
        app: null,
        counters: (): Promise<TargetCounters> => Promise.resolve(nothingKnown()),
        stop: () => Promise.resolve(),
      }
    },
  }
}

/**
 * @throws TuneError (usage) for what is no plain HTTP address, and for one of another machine unless that is allowed: a load
 *   test that goes to the wrong place by a slip of the finger is an attack
 */
export function parseUrl(url: string, allowRemote: boolean): Address {
  const [, socketPath] = /^unix:(.+)$/.exec(url) ?? []
  if (socketPath !== undefined) return { socketPath }
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed?.protocol !== 'http:') {
    throw usageError(
      `"${url}" is not the address of a plain HTTP server`,
      'Write http://127.0.0.1:8000 or unix:/run/app.sock',
    )
  }
  if (parsed.pathname !== '/' || parsed.search !== '') {
    throw usageError(`"${url}" holds a path`, `Name it with --path ${parsed.pathname}${parsed.search}`)
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  if (!allowRemote && !isLoopback(host)) {
    throw usageError(
      `${host} is not this machine: load on somebody else's server needs their consent`,
      'Add --allow-remote if it is yours to load',
    )
  }
  return { host, port: parsed.port === '' ? 80 : Number(parsed.port) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function nothingKnown(): TargetCounters {
  return {
    atMs: performance.now(),
    cpuSeconds: null,
    runQueueSeconds: null,
    loops: [],
    requestsPerWorker: [],
    restarts: 0,
    memory: { arbiterPssBytes: null, workersPssBytes: null, rssBytes: null },
  }
}

function unreachable(url: string, answering: 'refused' | 'silent'): TuneError {
  const isDown = answering === 'refused'
  return new TuneError(
    isDown ? `Nothing answers at ${url}` : `${url} gave no answer in HTTP/1.1 within 5 s`,
    {
      code: 'TUNE_E_TARGET_UNREACHABLE',
      exit: EXIT.inconclusive,
      suggestions: [
        isDown
          ? 'Start the server first: a URL is measured as it runs'
          : 'Try the address with curl -v: something may listen there that is no HTTP server, or answers too slowly to be measured',
      ],
    },
  )
}
