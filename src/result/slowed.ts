import type { Workload } from './analysis.js'

/**
 * Throughput under overload times the response time alone. Clearly less than one is no size of anything: a pool lets one through at least,
 * so the requests must have taken longer beside each other. A quarter is what the response time of a lone request may be off.
 */
const ONE_AT_LEAST = 0.75

/** Do requests slow each other down, where something other than CPU and event loop limits them? */
export function slowEachOther({ downstreamConcurrency }: Pick<Workload, 'downstreamConcurrency'>): boolean {
  return downstreamConcurrency !== undefined && downstreamConcurrency < ONE_AT_LEAST
}
