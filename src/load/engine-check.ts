import HttpClient from 'autocannon/lib/httpClient.js'
import { EXIT, TuneError } from '../result/error.js'

const METHODS = ['_connect', '_doRequest', '_resetConnection', '_destroyConnection', 'destroy'] as const

export function engineError(what: string): TuneError {
  return new TuneError(
    `The load engine (autocannon) does not behave as this version of tune needs it: ${what}`,
    {
      code: 'TUNE_E_ENGINE',
      exit: EXIT.internal,
      suggestions: ['Install tune-prefork again, so that it gets the autocannon version it was made for'],
    },
  )
}

/** Cheap look at the engine's shape, for every start of a generator. `verifyEngine` looks at its behaviour. */
export function checkEngine(prototype: object = HttpClient.prototype): void {
  const missing = METHODS.filter((name) => typeof Reflect.get(prototype, name) !== 'function')
  if (missing.length > 0) throw engineError(`its client has no ${missing.join(', ')}`)
}

/** The same for one client, before it connects. */
export function checkClient(client: HttpClient): void {
  const { pipelinedRequests: queue, parser, requestIterator: iterator } = client
  const present =
    Array.isArray(iterator.requests) &&
    typeof iterator.nextRequest === 'function' &&
    typeof queue.clear === 'function' &&
    typeof queue.addBody === 'function' &&
    typeof parser.finish === 'function' &&
    typeof parser.reinitialize === 'function' &&
    typeof parser.constructor.kOnMessageComplete === 'number'
  if (!present) throw engineError('its client has another list of requests, queue or parser')
}
