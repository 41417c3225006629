import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { parameter, sameWork } from '../work.js'

const waitMs = parameter('TUNE_WAIT_MS', 6)
const rounds = parameter('TUNE_ROUNDS', 1_000_000)

/** Computes, then waits: the usual web service. */
export default async function mixed(_request: IncomingMessage, response: ServerResponse): Promise<void> {
  const result = sameWork(rounds)
  await wait(waitMs)
  response.end(String(result))
}
