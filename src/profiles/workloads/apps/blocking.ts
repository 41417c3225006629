import type { IncomingMessage, ServerResponse } from 'node:http'
import { parameter } from '../work.js'

const waitMs = parameter('TUNE_WAIT_MS', 20)
const never = new Int32Array(new SharedArrayBuffer(4))

/** Waits without computing and blocks the event loop meanwhile, like a synchronous database driver. */
export default function blocking(_request: IncomingMessage, response: ServerResponse): void {
  Atomics.wait(never, 0, 0, waitMs)
  response.end('waited')
}
