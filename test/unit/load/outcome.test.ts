import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeHistogram, latencyHistogram } from '../../../src/load/histogram.js'
import type { Measurement } from '../../../src/load/messages.js'
import { mergeMeasurements, splitConnections } from '../../../src/load/outcome.js'
import { loadOutcomeSchema } from '../../../src/result/trial.js'

function measurement(latenciesUs: number[], given: Partial<Measurement> = {}): Measurement {
  const histogram = latencyHistogram()
  for (const us of latenciesUs) histogram.recordValue(us)
  const sumMs = latenciesUs.reduce((sum, us) => sum + us / 1000, 0)
  const count = latenciesUs.length
  return {
    windowMs: 1000,
    answers: count,
    latencyMs: sumMs,
    latencies: count,
    longestMs: count === 0 ? null : Math.max(...latenciesUs) / 1000,
    underWayMs: sumMs,
    requests: { sent: count, done: count, non2xx: 0, errors: 0, timeouts: 0, lost: 0, inFlight: 0 },
    statusCounts: { 200: count },
    histogram: encodeHistogram(histogram),
    connects: 1,
    connected: 1,
    connectingMs: 0.2,
    answersInAll: 5,
    cpuCores: 0.1,
    cpuSeconds: 0.12,
    loopDelayMs: { mean: 0.2, max: 1 },
    slices: new Array<number>(10).fill(count / 10),
    errorSamples: [],
    routes: [],
    ...given,
  }
}

const opened = (connects: number, connectingMs: number) => ({ connects, connected: connects, connectingMs })
const repeat = (us: number, count: number) => Array.from({ length: count }, () => us)

describe('splitConnections', () => {
  it('rounds no connection away and leaves no process without one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 64 }),
        (connections, processes) => {
          const shares = splitConnections(connections, processes)
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(connections)
          expect(shares).toHaveLength(Math.min(connections, processes))
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

describe('mergeMeasurements', () => {
  it('is an outcome that the schema accepts, and adds up its parts', () => {
    const merged = mergeMeasurements(
      [
        measurement(repeat(1000, 600), {
          cpuCores: 0.3,
          cpuSeconds: 0.4,
          errorSamples: ['a'],
          ...opened(4, 3),
        }),
        measurement(repeat(3000, 200), {
          cpuCores: 0.7,
          cpuSeconds: 0.8,
          errorSamples: ['a', 'b'],
          ...opened(4, 0.5),
        }),
      ],
      2,
    )
    expect(loadOutcomeSchema.parse(merged)).toEqual(merged)
    expect(merged.throughputRps).toBe(800)
    expect(merged.requests).toMatchObject({ sent: 800, done: 800 })
    expect(merged.statusCounts).toEqual({ 200: 800 })
    expect(merged).toMatchObject({ connects: 8, answers: 10, generatorCpu: 0.7, errorSamples: ['a', 'b'] })
    expect(merged.connectMeanUs).toBeCloseTo(1000 * (3.5 / 8))
    expect(merged.latencyUs.mean).toBeCloseTo(1500)
    expect(merged.latencyUs.p50).toBeCloseTo(1000, -1)
    expect(merged.latencyUs.p99).toBeCloseTo(3000, -1)
  })

  it('gives a Little ratio that can be recomputed from the outcome itself', () => {
    const merged = mergeMeasurements([measurement(repeat(2500, 400))], 1)
    expect(merged.littleRatio).toBeCloseTo((merged.throughputRps * (merged.latencyUs.mean ?? 0)) / 1e6)
    expect(merged.littleRatio).toBeCloseTo(1)
  })

  it.each([
    ['p95', 58, 59],
    ['p99', 298, 299],
    ['p999', 2994, 2995],
  ] as const)('shows %s only from the sample that can carry it', (name, tooFew, enough) => {
    expect(mergeMeasurements([measurement(repeat(100, tooFew))], 1).latencyUs[name]).toBeNull()
    expect(mergeMeasurements([measurement(repeat(100, enough))], 1).latencyUs[name]).not.toBeNull()
  })

  it('has the longest of all for a maximum, as the edges of a window may keep it out of the histogram', () => {
    const parts = [measurement(repeat(100_000, 5), { longestMs: 2400 }), measurement(repeat(200_000, 5))]
    expect(mergeMeasurements(parts, 2).latencyUs.max).toBe(2_400_000)
  })

  it('invents nothing when nothing was answered', () => {
    const merged = mergeMeasurements([measurement([])], 3)
    expect(merged.latencyUs).toEqual({
      count: 0,
      mean: null,
      p50: null,
      p95: null,
      p99: null,
      p999: null,
      max: null,
    })
    expect(merged.littleRatio).toBeNull()
    expect(mergeMeasurements([measurement([], opened(0, 0))], 3).connectMeanUs).toBeNull()
    expect(loadOutcomeSchema.safeParse(merged).success).toBe(true)
  })
})
