import type { BenchDocument, Cell } from '../../src/result/document.js'
import { uslThroughput } from '../../src/result/usl.js'
import { async, benchDocument, estimate, sync, trial } from './documents.js'

const LAWS = [
  { make: async, law: { lambda: 900, sigma: 0.06, kappa: 0.012 } },
  { make: sync, law: { lambda: 700, sigma: 0.15, kappa: 0.004 } },
]

/** A matrix of two classes over five numbers of workers, which scales as the law says. */
export function scalingDocument(): BenchDocument {
  const base = benchDocument()
  const cells = LAWS.flatMap(({ make, law }) =>
    [1, 2, 3, 5, 8].map((workers, index): Cell => {
      const wander = 1 + 0.01 * ((index % 3) - 1)
      return {
        workload: 'io',
        configuration: make(workers),
        load: { connections: 64 },
        throughputRps: estimate(uslThroughput(law, workers) * wander),
        latencyUs: { p50: 20_000, p95: 30_000, p99: 40_000 },
        pssBytes: 40e6 * workers,
        errors: 0,
        validTrials: 3,
        invalidReasons: [],
        best: make === async && workers === 8,
        heuristic: workers === 5,
        effect: null,
        verdict: null,
      }
    }),
  )
  return {
    ...base,
    plan: { ...base.plan, workloads: [{ name: 'io', description: 'waits 20 ms on a timer', noise: null }] },
    cells,
    trials: cells.map(({ workload, configuration, load, throughputRps }, id) =>
      trial(id, configuration, {
        phase: 'matrix',
        block: 0,
        workload,
        connections: load.connections,
        rps: throughputRps?.value ?? 0,
      }),
    ),
  }
}
