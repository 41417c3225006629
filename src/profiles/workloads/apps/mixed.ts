import type { IncomingMessage, ServerResponse } from 'node:http'
import { parametersOf } from '../parameters.js'
import { compute, wait } from '../work.js'

const { iterations, waitMs } = parametersOf('mixed', process.env)

/** Computes a little, then waits: parses, queries, renders. */
export default async function mixed(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  compute(iterations)
  await wait(waitMs)
  response.end('mixed\n')
}
