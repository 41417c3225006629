import type { Address, RequestSpec } from './request.js'

/** What one trial asks of the load generator. */
export interface LoadSpec {
  address: Address
  request: RequestSpec
  /** Connections, each with one request under way at all times. */
  connections: number
  /** Load before the window opens; its requests are not measured. */
  rampSeconds: number
  windowSeconds: number
  /** A request without an answer after this long is given up and counted. */
  timeoutSeconds: number
}
