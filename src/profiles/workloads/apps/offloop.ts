import { pbkdf2 } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parameter } from '../work.js'

const rounds = Math.max(1, parameter('TUNE_ROUNDS', 20_000))

/** Computes outside of the event loop, on libuv's thread pool. */
export default function offloop(_request: IncomingMessage, response: ServerResponse): void {
  pbkdf2('tune', 'salt', rounds, 32, 'sha256', (error, key) => {
    if (error) response.writeHead(500)
    response.end(error ? error.message : key.toString('hex'))
  })
}
