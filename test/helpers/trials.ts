import { judgeTrial } from '../../src/experiment/validity.js'
import type { Configuration } from '../../src/result/configuration.js'
import type { LoadOutcome, ServerOutcome, Trial } from '../../src/result/trial.js'

export const ASYNC_ONE: Configuration = {
  workerClass: 'async',
  workers: 1,
  threads: 1,
  workerConnections: 1000,
}

/** A healthy outcome with 10 connections; tests spoil what they are about. */
export function outcome(overrides: Partial<LoadOutcome> = {}): LoadOutcome {
  return {
    windowSeconds: 1,
    throughputRps: 1000,
    latencyUs: { count: 1000, mean: 10_000, p50: 10_000, p95: 12_000, p99: 15_000, p999: null, max: 20_000 },
    histogram: '',
    requests: { sent: 1000, done: 1000, non2xx: 0, errors: 0, timeouts: 0, lost: 0, inFlight: 0 },
    connects: 10,
    concurrency: 10,
    littleRatio: 1,
    generatorCpu: 0.1,
    generatorCpuSeconds: 0.12,
    generatorDelayMs: { mean: 0.1, max: 1 },
    slices: new Array<number>(10).fill(100),
    errorSamples: [],
    statusCounts: { 200: 1000 },
    ...overrides,
  }
}

export function server(overrides: Partial<ServerOutcome> = {}): ServerOutcome {
  return {
    cpuSecondsPerRequest: 0.001,
    loopSecondsPerRequest: 0.001,
    runQueueSecondsPerRequest: 0,
    cpuCores: 1,
    loopUtilization: 0.9,
    pssBytes: 60e6,
    rssBytes: 90e6,
    requestsPerWorker: [1000],
    restarts: 0,
    ...overrides,
  }
}

/** A judged trial; validity follows from the figures. */
export function trial(overrides: Partial<Trial> = {}, connections = 10): Trial {
  const measured = { ...outcome(), server: server(), environment: null, ...overrides }
  return {
    id: 0,
    phase: 'race',
    block: 0,
    target: 'a',
    workload: null,
    configuration: ASYNC_ONE,
    load: { connections },
    startedAt: '2026-01-01T00:00:00.000Z',
    validity: judgeTrial(measured, measured.server, { connections, environment: measured.environment }),
    ...measured,
  }
}
