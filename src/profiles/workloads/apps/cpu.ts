import type { IncomingMessage, ServerResponse } from 'node:http'
import { parametersOf } from '../parameters.js'
import { compute } from '../work.js'

const { iterations } = parametersOf('cpu', process.env)

/** Computes on the event loop: nothing else runs in this thread meanwhile. */
export default function cpu(_request: IncomingMessage, response: ServerResponse): void {
  compute(iterations)
  response.end('cpu\n')
}
