import type { IncomingMessage, ServerResponse } from 'node:http'
import { parametersOf } from '../parameters.js'
import { block } from '../work.js'

const { waitMs } = parametersOf('blocking', process.env)

/** Waits and holds the event loop, as synchronous file or database calls do. */
export default function blocking(_request: IncomingMessage, response: ServerResponse): void {
  block(waitMs)
  response.end('blocking\n')
}
