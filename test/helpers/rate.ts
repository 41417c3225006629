import type { RateDocument, RateProbe } from '../../src/result/rate-document.js'
import { async, HOSTILE, machine, sync } from './documents.js'

const LIMIT_US = 80_000

/** One window of open load against a server that carries `mostRps` and then lets a queue grow. */
function probe(ratePerSecond: number, mostRps: number, believed = true): RateProbe {
  const load = ratePerSecond / mostRps
  const p50 = Math.round(20_000 + 4000 / Math.max(0.02, 1 - load))
  const p99 = Math.round(p50 * (1.2 + load))
  // The search makes its windows long enough for a p99.
  const sent = Math.max(400, Math.round(ratePerSecond * 1.5))
  const met = believed && p99 < LIMIT_US
  return {
    ratePerSecond,
    met,
    why: met ? null : believed ? `p99 ${Math.round(p99 / 1000)} ms` : 'the generator was late',
    believed,
    outcome: {
      windowSeconds: 1.5,
      offeredRps: ratePerSecond,
      achievedRps: Math.min(ratePerSecond, mostRps),
      latencyUs: {
        ...{ count: sent, mean: p50 * 1.02, p50, p95: Math.round((p50 + p99) / 2) },
        ...{ p99, p999: null, max: p99 * 2 },
      },
      histogram: '',
      requests: {
        ...{ sent, done: sent, non2xx: 0, errors: 0, timeouts: 0, lost: 0, inFlight: 0 },
      },
      latenessUs: { p50: 80, p99: 900, max: 2000 },
      underWay: { atOpen: 20, atClose: 22 },
      generatorCpu: 0.2,
      errorSamples: [],
      statusCounts: { '200': sent },
    },
  }
}

/** A search for the largest rate that keeps `p99<80ms`, on two configurations. */
export function rateDocument(): RateDocument {
  return {
    schemaVersion: 1,
    tool: { name: 'tune-prefork', version: '0.1.0' },
    command: 'rate',
    name: 'api-20261120-140000',
    startedAt: '2026-11-20T14:00:00.000Z',
    durationSeconds: 64,
    status: 'complete',
    machine,
    request: { method: 'GET', path: '/feed', headers: {}, body: null },
    app: { spec: 'examples/api.ts', kind: null, loader: null },
    arrivals: 'poisson',
    objective: { percentile: 'p99', limitUs: LIMIT_US },
    subjects: [
      {
        target: 'api/sync-5',
        configuration: sync(5),
        probes: [probe(120, 230), probe(240, 230), probe(170, 230), probe(200, 230), probe(170, 230)],
        largest: { met: 170, failed: 240 },
      },
      {
        target: 'api/async-2x1000',
        configuration: async(2),
        probes: [
          ...[probe(2900, 5900), probe(5800, 5900), probe(4100, 5900), probe(4900, 5900)],
          ...[probe(4500, 5900), probe(4700, 5900, false), probe(4500, 5900)],
        ],
        largest: { met: 4500, failed: 4900 },
      },
    ],
  }
}

export function hostileRateDocument(): RateDocument {
  const base = rateDocument()
  return {
    ...base,
    name: HOSTILE,
    app: { spec: HOSTILE, kind: HOSTILE, loader: HOSTILE },
    machine: { ...base.machine, cpuModel: HOSTILE },
    request: { ...base.request, path: HOSTILE },
    subjects: base.subjects.map((one) => ({
      ...one,
      target: HOSTILE,
      probes: one.probes.map((each) => ({ ...each, met: false, why: HOSTILE })),
    })),
  }
}
