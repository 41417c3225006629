import { describe, expect, it } from 'vitest'
import { certaintyOf } from '../../../src/advisor/certainty.js'
import { coresLeft, predictionsOf, scalabilityOf } from '../../../src/advisor/model-check.js'
import { createRandom } from '../../../src/experiment/random.js'
import type { Candidate } from '../../../src/result/analysis.js'
import type { ConnectionSweep } from '../../../src/result/connection-sweep.js'
import type { Configuration } from '../../../src/result/configuration.js'
import type { Trial } from '../../../src/result/trial.js'
import { workload } from '../../helpers/arbitraries.js'
import { ASYNC_ONE, trial } from '../../helpers/trials.js'

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
    kneePredicted: 6,
  }
  const candidate: Candidate = {
    ...{ key: 'async-2x1000', proposedBy: [], connections: 8, control: false, throughputRps: null },
    configuration: { ...ASYNC_ONE, workers: 2 },
    latencyUs: { p50: null, p95: null, p99: null },
    ...{ pssBytes: null, effect: null, outcome: 'recommended', note: '' },
  }
  const memory = {
    ...{ arbiterBytes: 1e6, perWorkerBytes: 1e6, perThreadBytes: 1e6, maxWorkers: 9 },
    evidence: 'measured' as const,
  }

  it('quotes the error of the knee, and of the knee on the cores that were left', () => {
    const [all, left, ...more] = predictionsOf([candidate], sweep, app, memory, 2, 1.3)
    expect(more).toEqual([])
    expect(all).toMatchObject({
      what: 'knee of 2 async workers, requests under way',
      ...{ predicted: 6, measured: 3.9 },
    })
    expect(all?.error).toBeCloseTo(6 / 3.9 - 1)
    expect(left?.what).toContain('1.3 cores')
    expect(left?.error).toBeCloseTo(0)
  })

  it('predicts the knee of what was swept: one loop fills one of two cores, whoever has the other', () => {
    const one = { ...sweep, key: 'async-1x1000', kneePredicted: 3 }
    const swept = { ...candidate, key: 'async-1x1000', configuration: ASYNC_ONE }
    expect(predictionsOf([swept], one, app, memory, 2, 1.3)).toMatchObject([
      { what: 'knee of 1 async worker, requests under way', predicted: 3, measured: 3.9 },
    ])
    const knee = certaintyOf(app, memory, [], one).find(({ figure }) => figure.startsWith('knee'))
    expect(knee).toMatchObject({ value: '3', confidence: 'high', raise: '' })
    expect(knee?.why).toBe('the sweep of the answer shows 3.9, 23 % off')
  })

  it('holds a knee that was not reached against a bound only', () => {
    const ended = { ...sweep, kneeMeasured: null, kneeBeyond: 4 }
    expect(predictionsOf([], ended, app, memory, 2)).toMatchObject([
      { predicted: 6, measured: 4, lowerBound: true },
    ])
    expect(predictionsOf([], sweep, app, memory, 2)[0]).not.toHaveProperty('lowerBound')
    const knee = (beyond: number) =>
      certaintyOf(app, memory, [], { ...ended, kneeBeyond: beyond }).find(({ figure }) =>
        figure.startsWith('knee'),
      )
    expect(knee(4)).toMatchObject({ confidence: 'medium', why: expect.stringContaining('still grew at 4 ') })
    expect(knee(4)?.why).not.toContain('off')
    expect(knee(12)).toMatchObject({
      confidence: 'low',
      why: expect.stringContaining('beyond the prediction'),
    })
  })

  it('sets memory against what each server took by itself, and against PSS where that is all there is', () => {
    const of = (memoryOf: { aloneBytes?: number }) =>
      predictionsOf([{ ...candidate, pssBytes: 2e6, ...memoryOf }], undefined, app, memory, 2)[0]
    expect(of({ aloneBytes: 3e6 })).toMatchObject({ what: 'memory of 2 async workers alone', error: 0 })
    expect(of({})).toMatchObject({ what: 'memory of 2 async workers', error: 0.5 })
    expect(
      predictionsOf([{ ...candidate, pssBytes: 2e6 }], undefined, app, memory, 2, null, true),
    ).toMatchObject([{ what: 'memory of 2 async workers, with what leaked' }])
  })

  it('says it once where nearly all cores were there', () => {
    expect(predictionsOf([candidate], sweep, app, memory, 2, 1.9)).toHaveLength(1)
    expect(predictionsOf([candidate], sweep, app, memory, 2)).toHaveLength(1)
    expect(predictionsOf([candidate], undefined, app, memory, 2, 1.3)).toEqual([])
  })
})

describe('scalabilityOf', () => {
  const raced = (configuration: Partial<Configuration>, throughputRps: number, connections = 10) =>
    trial({ configuration: { ...ASYNC_ONE, ...configuration }, throughputRps }, connections)
  const of = (trials: readonly Trial[]) => scalabilityOf(trials, createRandom(1))

  it('fits no law to three numbers of workers, and says what each carried', () => {
    const trials = [1, 2, 5, 1, 2, 5].map((workers, at) => raced({ workers }, 100 * workers + at))
    expect(of(trials)).toEqual({
      scalability: [],
      workerSeries: {
        ...{ configuration: ASYNC_ONE, connections: 10 },
        points: [
          { workers: 1, throughputRps: 101.5 },
          { workers: 2, throughputRps: 202.5 },
          { workers: 5, throughputRps: 503.5 },
        ],
      },
    })
  })

  it('counts trials as one series where the number of workers differs, and the clients that fill them', () => {
    const pool = raced({ threadPool: 2 }, 400)
    const fewer = raced({ workers: 3, workerConnections: 192 }, 300)
    const threads = raced({ workers: 4, threads: 2 }, 300)
    const more = raced({ workers: 6 }, 300, 20)
    const series = [1, 2].map((workers) => raced({ workers }, 100 * workers))
    const { scalability, workerSeries } = of([pool, fewer, threads, more, ...series])
    expect(scalability).toEqual([])
    expect(workerSeries?.connections).toBe(Math.max(20, series[0]!.load.connections))
    expect(workerSeries?.points).toEqual([
      { workers: 1, throughputRps: 100 },
      { workers: 2, throughputRps: 200 },
      { workers: 6, throughputRps: 300 },
    ])
  })

  it('fits the law from four on, of whatever class has most, and leaves out what is not believed', () => {
    const sync = [2, 3, 4, 5].map((workers) => raced({ workerClass: 'sync', workers }, 100 * workers))
    const async = [1, 2, 5].map((workers) => raced({ workers }, 1000 * workers))
    const { scalability, workerSeries } = of([...async, ...sync])
    expect(scalability).toMatchObject([{ axis: 'workers', from: 2, to: 5, wellSupported: false }])
    expect(workerSeries).toMatchObject({ configuration: { workerClass: 'sync', workers: 2 } })
    const [first, ...others] = sync.map((one) => ({ ...one, validity: { ...one.validity, ok: false } }))
    expect(of([first!, ...sync.slice(1), ...async]).workerSeries?.configuration.workerClass).toBe('async')
    expect(of([first!, ...others])).toEqual({ scalability: [] })
  })
})
