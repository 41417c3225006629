import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeLive } from '../../../src/advisor/live.js'
import { liveVerdictSchema, type LiveTraffic } from '../../../src/result/live-document.js'
import { configurations } from '../../helpers/arbitraries.js'

const traffic = (overrides: Partial<LiveTraffic> = {}): LiveTraffic => ({
  ...{
    seconds: 10,
    readings: 11,
    requests: 5000,
    throughputRps: 500,
    cpuMsPerRequest: 1,
    loopMsPerRequest: 1,
  },
  ...{ cpuCores: 0.5, loopUtilization: { mean: 0.5, highest: 0.6 }, slotUtilization: 0.5, connections: 20 },
  ...{ waiting: 0, restarts: 0, timedOut: 0, imbalance: 1.1, pssBytes: 100e6 },
  ...overrides,
})
const FOUR = { workerClass: 'sync', workers: 4, threads: 1, workerConnections: 1000 } as const
const full = { mean: 0.95, highest: 0.99 }
const spare = { mean: 0.02, highest: 0.05 }

describe('judgeLive', () => {
  it.each([
    ['fits', {}, 8],
    ['idle', { requests: 3 }, 8],
    ['cpu-full', { cpuCores: 1.9 }, 2],
    ['too-small', { loopUtilization: full, cpuCores: 3.6 }, 8],
    ['too-small', { waiting: 4, slotUtilization: 1, loopUtilization: spare, cpuCores: 0.1 }, 8],
    ['too-large', { loopUtilization: spare, slotUtilization: 0.02, cpuCores: 0.1 }, 8],
  ] as const)('%s', (verdict, overrides, cpus) => {
    const found = judgeLive(FOUR, traffic(overrides), cpus)
    expect(found.verdict).toBe(verdict)
    expect(found.reasons[0]).toMatch(/\d/)
    if (verdict === 'too-small') expect(found.suggestion!.workers).toBeGreaterThan(4)
    else if (verdict === 'too-large') expect(found.suggestion!.workers).toBeLessThan(4)
    else expect(found.suggestion).toBeNull()
  })

  it('gives computing loops no more workers than CPUs, and blocked ones more', () => {
    const two = { ...FOUR, workers: 2 }
    const computing = judgeLive(two, traffic({ loopUtilization: full, cpuCores: 1.9 }), 4)
    expect(computing.suggestion).toMatchObject({ workers: 4 })
    const blocked = judgeLive(FOUR, traffic({ loopUtilization: full, cpuCores: 0.2 }), 2)
    expect(blocked.verdict).toBe('too-small')
    expect(blocked.suggestion!.workers).toBeGreaterThan(4)
    expect(judgeLive(FOUR, traffic({ loopUtilization: full, cpuCores: 3 }), 4).verdict).toBe('cpu-full')
  })

  it('shows dead workers, timeouts and uneven load', () => {
    const { findings } = judgeLive(FOUR, traffic({ restarts: 1, timedOut: 2, imbalance: 3 }), 8)
    expect(findings.map(({ id }) => id)).toEqual([
      'TUNE-LIVE-RESTARTS',
      'TUNE-LIVE-TIMEOUTS',
      'TUNE-LIVE-UNEVEN',
    ])
  })

  it('never suggests what runs already, nor nothing at all', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const any = fc.record({ cpuCores: share, slotUtilization: share, mean: share, waiting: fc.nat(50) })
    fc.assert(
      fc.property(configurations, any, (one, { mean, ...rest }) => {
        const found = judgeLive(one, traffic({ ...rest, loopUtilization: { mean, highest: mean } }), 2)
        expect(liveVerdictSchema.options).toContain(found.verdict)
        if (found.suggestion === null) return
        expect(found.suggestion.workers).not.toBe(one.workers)
        expect(found.suggestion.workers).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})
