import http from 'node:http'
import type { Address, RequestSpec } from '../result/request.js'

const ANSWER_MS = 5000

export type Answering =
  /** Nobody listens there. */
  | 'refused'
  /** It was answered, whatever the status. */
  | 'answered'
  /** It listens, and has not answered well, or not yet. */
  | 'silent'

/** Sends the request once, on a connection of its own. Connecting alone proves little: the kernel accepts for a server that is still loading. */
export function tryRequest(
  address: Address,
  { method, path, headers, body }: RequestSpec,
): Promise<Answering> {
  return new Promise((resolve) => {
    const request = http.request(
      { ...address, method, path, headers, agent: false, timeout: ANSWER_MS },
      (response) => {
        response.resume()
        response.once('close', () => resolve('answered'))
      },
    )
    request.once('timeout', () => request.destroy(new Error('timeout')))
    request.once('error', (error: NodeJS.ErrnoException) =>
      // A unix socket that is not there is one where nobody listens.
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'refused' : 'silent'),
    )
    request.end(body ?? undefined)
  })
}
