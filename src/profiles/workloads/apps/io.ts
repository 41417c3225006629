import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parameter } from '../work.js'

const waitMs = parameter('TUNE_WAIT_MS', 20)

/** Waits as for a database: the event loop is free meanwhile. */
export default async function io(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  await wait(waitMs)
  response.end('waited')
}
