import { describe, expect, it } from 'vitest'
import { certaintyOf } from '../../../src/advisor/certainty.js'
import { coresLeft, predictionsOf } from '../../../src/advisor/model-check.js'
import type { ConnectionSweep } from '../../../src/result/analysis.js'
import type { Trial } from '../../../src/result/trial.js'
import { workload } from '../../helpers/arbitraries.js'
import { trial } from '../../helpers/trials.js'

const QUIET: NonNullable<Trial['environment']> = {
  ...{ stealShare: 0, busyCores: 2, foreignCores: 0, throttledShare: null, cpuPressure: null },
  ...{ memoryPressure: null, listenDrops: 0 },
}
const point = (throughputRps: number, foreignCores: number, generatorCpu: number): Trial => ({
  ...trial({ throughputRps, generatorCpu, environment: { ...QUIET, foreignCores } }),
  ...{ phase: 'sweep', block: null, validity: { ok: true, reasons: [], warnings: [] } },
})

describe('coresLeft', () => {
  it('takes generator and neighbours off where the throughput was highest', () => {
    const trials = [point(100, 0, 0.05), point(1000, 0.5, 0.3), point(950, 0.5, 0.3)]
    expect(coresLeft(trials, 2, 2)).toBeCloseTo(1.2)
    expect(coresLeft(trials.slice(0, 1), 2, 2)).toBeCloseTo(1.95)
  })

  it('neighbours on cores of the host that may not be used anyway take nothing', () => {
    expect(coresLeft([point(1000, 4, 0.3)], 2, 8)).toBeCloseTo(1.7)
    expect(coresLeft([point(1000, 9, 0.3)], 2, 8)).toBe(0.1)
  })

  it('is not known without a sweep, or without figures of the machine', () => {
    expect(coresLeft([trial()], 2, 2)).toBeNull()
    expect(coresLeft([{ ...point(1, 0, 0), environment: null }], 2, 2)).toBeNull()
  })
})

describe('predictionsOf', () => {
  const app = workload({
    ...{ class: 'mixed', cpuMsPerRequest: 2, waitMsPerRequest: 4, kneeConcurrency: 6 },
  })
  const sweep: ConnectionSweep = {
    ...{ key: 'async-2x1000', points: [], kneeMeasured: 3.9, latencyHoldsTo: 4, advice: null, note: '' },
  }
  const memory = {
    ...{ arbiterBytes: 1e6, perWorkerBytes: 1e6, perThreadBytes: 1e6, maxWorkers: 9 },
    evidence: 'measured' as const,
  }

  it('quotes the error of the knee, and of the knee on the cores that were left', () => {
    const [all, left, ...more] = predictionsOf([], sweep, app, memory, 2, 1.3)
    expect(more).toEqual([])
    expect(all).toMatchObject({ predicted: 6, measured: 3.9 })
    expect(all?.error).toBeCloseTo(6 / 3.9 - 1)
    expect(left?.what).toContain('1.3 cores')
    expect(left?.error).toBeCloseTo(0)
  })

  it('holds a knee that was not reached against a bound only', () => {
    const ended = { ...sweep, kneeMeasured: null, kneeBeyond: 4 }
    expect(predictionsOf([], ended, app, memory, 2)).toMatchObject([
      { predicted: 6, measured: 4, lowerBound: true },
    ])
    expect(predictionsOf([], sweep, app, memory, 2)[0]).not.toHaveProperty('lowerBound')
    const knee = (beyond: number) =>
      certaintyOf(app, memory, [], { ...ended, kneeBeyond: beyond }).find(({ figure }) => figure === 'knee')
    expect(knee(4)).toMatchObject({ confidence: 'medium', why: expect.stringContaining('still grew at 4 ') })
    expect(knee(4)?.why).not.toContain('off')
    expect(knee(12)).toMatchObject({
      confidence: 'low',
      why: expect.stringContaining('beyond the prediction'),
    })
  })

  it('sets memory against what each server took by itself, and against PSS where that is all there is', () => {
    const candidate = {
      ...{ key: 'a', proposedBy: [], connections: 8, control: false, throughputRps: null, effect: null },
      configuration: { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 } as const,
      ...{
        latencyUs: { p50: null, p95: null, p99: null },
        pssBytes: 2e6,
        outcome: 'worse' as const,
        note: '',
      },
    }
    const of = (memoryOf: { aloneBytes?: number }) =>
      predictionsOf([{ ...candidate, ...memoryOf }], undefined, app, memory, 2)[0]
    expect(of({ aloneBytes: 3e6 })).toMatchObject({ what: 'memory of 2 async workers alone', error: 0 })
    expect(of({})).toMatchObject({ what: 'memory of 2 async workers', error: 0.5 })
  })

  it('says it once where nearly all cores were there', () => {
    expect(predictionsOf([], sweep, app, memory, 2, 1.9)).toHaveLength(1)
    expect(predictionsOf([], sweep, app, memory, 2)).toHaveLength(1)
    expect(predictionsOf([], undefined, app, memory, 2, 1.3)).toEqual([])
  })
})
