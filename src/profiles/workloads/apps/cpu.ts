import type { IncomingMessage, ServerResponse } from 'node:http'
import { parameter, sameWork } from '../work.js'

const rounds = parameter('TUNE_ROUNDS', 5_000_000)

/** Computes on the event loop. */
export default function cpu(_request: IncomingMessage, response: ServerResponse): void {
  response.end(String(sameWork(rounds)))
}
