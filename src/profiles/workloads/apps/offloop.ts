import type { IncomingMessage, ServerResponse } from 'node:http'
import { parametersOf } from '../parameters.js'
import { computeOffLoop } from '../work.js'

const { iterations } = parametersOf('offloop', process.env)

/** Computes in libuv's pool: CPU is used, the event loop stays free. */
export default async function offloop(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  await computeOffLoop(iterations)
  response.end('offloop\n')
}
