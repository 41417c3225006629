import fc from 'fast-check'
import type { Workload } from '../../src/result/analysis.js'
import type { Configuration } from '../../src/result/configuration.js'

/** An app that waits 19.5 ms and computes 0.5 ms. */
export function workload(overrides: Partial<Workload>): Workload {
  return {
    class: 'async-io',
    confidence: 'high',
    cpuMsPerRequest: 0.5,
    loopMsPerRequest: 0.5,
    residenceMsPerRequest: 20,
    waitMsPerRequest: 19.5,
    cpuShare: 0.025,
    loopShare: 0.025,
    kneeConcurrency: 80,
    limitedBy: 'event-loop',
    reasons: [],
    ...overrides,
  }
}

export const configurations: fc.Arbitrary<Configuration> = fc.oneof(
  fc.record({
    workerClass: fc.constant('sync' as const),
    workers: fc.integer({ min: 1, max: 40 }),
    threads: fc.constant(1),
    workerConnections: fc.constant(1000),
  }),
  fc.record({
    workerClass: fc.constant('threaded' as const),
    workers: fc.integer({ min: 1, max: 8 }),
    threads: fc.integer({ min: 1, max: 16 }),
    workerConnections: fc.constant(1000),
  }),
  fc.record({
    workerClass: fc.constant('async' as const),
    workers: fc.integer({ min: 1, max: 20 }),
    threads: fc.integer({ min: 1, max: 4 }),
    workerConnections: fc.constantFrom(10, 1000),
  }),
)
