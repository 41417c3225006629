import type { IncomingMessage, ServerResponse } from 'node:http'
import { parametersOf } from '../parameters.js'
import { wait } from '../work.js'

const { waitMs } = parametersOf('io', process.env)

/** Waits without computing, as a service does for its database. */
export default async function io(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  await wait(waitMs)
  response.end('io\n')
}
