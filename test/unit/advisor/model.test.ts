import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  candidateLimit,
  leastRaceSeconds,
  startSecondsOf,
  planRaceLoad,
  rampSeconds,
  saturationConnections,
} from '../../../src/advisor/load-plan.js'
import {
  configurationBytes,
  memoryBudget,
  isAskedBudget,
  memoryBudgetText,
  memoryModel,
} from '../../../src/advisor/memory.js'
import { ownBytes, startBytes } from '../../../src/result/memory-model.js'
import {
  assumedWaitPerCpu,
  configurationKnee,
  expectedThroughput,
  kneeConcurrency,
  loopKnee,
  throughputBound,
} from '../../../src/advisor/model.js'
import { capacityOf, type Configuration } from '../../../src/result/configuration.js'
import { trueThroughput } from '../../helpers/fake-app.js'
import { configurations, workload } from '../../helpers/arbitraries.js'

const sync = (workers: number): Configuration => ({
  workerClass: 'sync',
  workers,
  threads: 1,
  workerConnections: 1000,
})

describe('knee', () => {
  it('is N (1 + W/C), and 2N+1 workers are exactly it at the waiting that the rule assumes', () => {
    expect(kneeConcurrency(2, 2, 6)).toBe(8)
    expect(kneeConcurrency(2, 0, 6)).toBeNull()
    for (const cores of [0.5, 1, 2, 3.5, 16]) {
      expect(kneeConcurrency(cores, 1, assumedWaitPerCpu(cores))).toBeCloseTo(2 * cores + 1, 12)
    }
  })

  it('of a configuration counts the cores that it can fill, and the requests that it takes at a time', () => {
    const app = workload({ class: 'mixed', cpuMsPerRequest: 2, waitMsPerRequest: 6 })
    const async = (workers: number) => ({ ...sync(workers), workerClass: 'async' as const })
    const knee = (one: Configuration, of = app) => configurationKnee(one, of, 2)
    expect(knee(async(1))).toBe(4)
    expect(knee(async(2))).toBe(8)
    expect(knee(async(5))).toBe(8)
    expect(knee({ ...async(1), threads: 2 })).toBe(8)
    expect(knee(sync(3))).toBe(3)
    expect(knee(sync(9))).toBe(8)
    expect(knee({ ...sync(1), workerClass: 'threaded', threads: 3 })).toBe(3)
    // A blocked thread leaves its core to others.
    expect(knee(sync(5), { ...app, class: 'blocking-io' })).toBe(5)
    expect(knee(async(1), { ...app, class: 'blocking-io' })).toBe(1)
    expect(knee(async(1), { ...app, class: 'offloop-cpu' })).toBe(8)
    expect(knee({ ...async(1), threadPool: 1 }, { ...app, class: 'offloop-cpu' })).toBe(4)
    expect(knee(async(2), { ...app, class: 'downstream', downstreamConcurrency: 3 })).toBe(6)
    expect(knee(async(2), { ...app, cpuMsPerRequest: 0 })).toBeNull()
  })

  it('of a configuration is where the two asymptotes of its expected throughput meet', () => {
    const times = fc.record({
      cpuMsPerRequest: fc.double({ min: 0.1, max: 50, noNaN: true }),
      waitMsPerRequest: fc.double({ min: 0.1, max: 200, noNaN: true }),
    })
    fc.assert(
      fc.property(times, configurations, (costs, one) => {
        const app = workload({ class: 'mixed', ...costs })
        const knee = configurationKnee(one, app, 3) ?? 0
        fc.pre(knee < 200)
        const most = expectedThroughput(one, app, 3, 2000)
        const reached = (most * (costs.cpuMsPerRequest + costs.waitMsPerRequest)) / 1000
        expect(reached).toBeLessThanOrEqual(knee * (1 + 1e-6))
        // Where slots are the limit, chance keeps some of them from the cores.
        expect(reached).toBeGreaterThan(0.55 * knee)
      }),
    )
  })

  it('of one loop counts blocking as busy', () => {
    expect(loopKnee(workload({ cpuMsPerRequest: 1, loopMsPerRequest: 1, waitMsPerRequest: 9 }))).toBe(10)
    expect(loopKnee(workload({ cpuMsPerRequest: 1, loopMsPerRequest: 10, waitMsPerRequest: 9 }))).toBe(1)
  })
})

describe('throughputBound', () => {
  it('is the least of slots, loops and cores', () => {
    const io = workload({ cpuMsPerRequest: 0.1, loopMsPerRequest: 0.1, waitMsPerRequest: 19.9 })
    expect(throughputBound(sync(5), io, 2, 100)).toBeCloseTo(250, 9)
    const cpu = workload({ cpuMsPerRequest: 10, loopMsPerRequest: 10, waitMsPerRequest: 0 })
    expect(throughputBound(sync(5), cpu, 2, 100)).toBeCloseTo(200, 9)
    expect(throughputBound(sync(1), cpu, 2, 100)).toBeCloseTo(100, 9)
  })

  it('is never below what a queueing model of the same server gives', () => {
    const times = fc.record({
      cpuMs: fc.double({ min: 0.05, max: 50, noNaN: true }),
      waitMs: fc.double({ min: 0, max: 100, noNaN: true }),
    })
    fc.assert(
      fc.property(
        times,
        configurations,
        fc.integer({ min: 2, max: 200 }),
        (app, configuration, connections) => {
          const costs = workload({
            cpuMsPerRequest: app.cpuMs,
            loopMsPerRequest: app.cpuMs,
            waitMsPerRequest: app.waitMs,
          })
          const truth = trueThroughput(app, configuration, 3, connections)
          expect(truth).toBeLessThanOrEqual(
            throughputBound(configuration, costs, 3, connections) * (1 + 1e-4),
          )
        },
      ),
    )
  })
})

describe('memory', () => {
  const single = { workers: 2, threads: 1, arbiterPssBytes: 40e6, workersPssBytes: 100e6 }

  it('learns process and thread from two readings', () => {
    const threaded = { workers: 1, threads: 5, arbiterPssBytes: 40e6, workersPssBytes: 90e6 }
    const model = memoryModel(single, threaded, 400e6)
    expect(model).toEqual({
      arbiterBytes: 40e6,
      perWorkerBytes: 50e6,
      perThreadBytes: 10e6,
      maxWorkers: 6,
      evidence: 'measured',
      perThreadEvidence: 'measured',
    })
    expect(configurationBytes({ ...sync(2), workerClass: 'threaded', threads: 3 }, model)).toBe(
      40e6 + 2 * 70e6 * 1.2,
    )
  })

  it('counts what processes share once, and private pages for each', () => {
    // Node 20 on Linux: 42 MiB of code that all map, and what each process has for itself.
    const shared = 42e6
    const reading = (workers: number) => {
      const [arbiter, worker] = [14e6, 18e6]
      const charged = shared / (workers + 1)
      return {
        ...{ workers, threads: 1, arbiterPssBytes: arbiter + charged },
        workersPssBytes: workers * (worker + charged),
        apart: { arbiterBytes: arbiter, workersBytes: workers * worker, sharedBytes: shared },
      }
    }
    const model = memoryModel(reading(1), null, 1e9)
    expect(model).toMatchObject({ sharedBytes: shared, arbiterBytes: 14e6, perWorkerBytes: 18e6 })
    for (const workers of [1, 2, 5, 9]) {
      const { arbiterPssBytes, workersPssBytes } = reading(workers)
      expect(startBytes(sync(workers), model)).toBeCloseTo(arbiterPssBytes + workersPssBytes, 0)
    }
    expect(configurationBytes(sync(model.maxWorkers), model)).toBeLessThanOrEqual(1e9)
    expect(configurationBytes(sync(model.maxWorkers + 1), model)).toBeGreaterThan(1e9)
    // By PSS of one worker alone, five would have needed half as much again.
    const { workers, threads, arbiterPssBytes, workersPssBytes } = reading(1)
    const byPss = { workers, threads, arbiterPssBytes, workersPssBytes }
    expect(startBytes(sync(5), memoryModel(byPss, null, 1e9))).toBeGreaterThan(
      1.4 * startBytes(sync(5), model),
    )
  })

  it('guesses that a thread of Node takes what the app does, and trusts no reading below a worker of one thread', () => {
    const heavy = { ...single, workersPssBytes: 600e6 }
    expect(memoryModel(heavy, null, 1e10).perThreadBytes).toBe(16e6)
    expect(memoryModel(heavy, null, 1e10, true).perThreadBytes).toBe(16e6 + 255e6)
    const shrunk = { workers: 1, threads: 2, arbiterPssBytes: 40e6, workersPssBytes: 200e6 }
    expect(memoryModel(heavy, shrunk, 1e10)).toMatchObject({
      ...{ perThreadBytes: 16e6, perThreadEvidence: 'rule of thumb' },
    })
    const alike = { ...shrunk, workersPssBytes: 295e6 }
    expect(memoryModel(heavy, alike, 1e10)).toMatchObject({
      perThreadBytes: 0,
      perThreadEvidence: 'measured',
    })
  })

  it('grades what it could not measure, and always leaves one worker', () => {
    expect(memoryModel(single, null, 1e9)).toMatchObject({
      ...{ evidence: 'modelled', perThreadEvidence: 'rule of thumb' },
    })
    expect(memoryModel(null, null, 1e9)).toMatchObject({
      ...{ evidence: 'rule of thumb', perThreadEvidence: 'rule of thumb' },
    })
    expect(memoryModel(single, null, 1e6).maxWorkers).toBe(0)
  })

  it('knows which part of a worker are processes that it has started', () => {
    const { perWorkerBytes } = memoryModel(single, null, 1e9)
    const beside = memoryModel({ ...single, helpersBytes: 10e6 * single.workers }, null, 1e9)
    expect(beside.helperBytes).toBeCloseTo(10e6)
    expect(ownBytes(beside)).toBeCloseTo(perWorkerBytes - 10e6)
    expect(ownBytes(memoryModel(single, null, 1e9))).toBe(perWorkerBytes)
  })

  it('says of what the budget is a part: the limit, what is free, or what was asked for', () => {
    const GIB = 2 ** 30
    const laptop = {
      memoryLimitBytes: 16 * GIB,
      memoryAvailableBytes: GIB,
      memoryLimitSource: '/proc/meminfo',
    }
    expect(memoryBudgetText(laptop, null)).toBe('819 MiB (80 % of the 1024 MiB that are free)')
    expect(memoryBudgetText(laptop, 512 * 2 ** 20)).toBe('512 MiB (--max-memory)')
    expect(memoryBudgetText(laptop, 2 * GIB)).toBe('819 MiB (80 % of the 1024 MiB that are free)')
    const asked = [null, 512 * 2 ** 20, 2 * GIB].map((bytes) => isAskedBudget(laptop, bytes))
    expect(asked).toEqual([false, true, false])
    const container = { ...laptop, memoryLimitBytes: GIB, memoryLimitSource: 'cgroup memory limit' }
    expect(memoryBudgetText(container, null)).toBe('819 MiB (80 % of 1024 MiB, cgroup memory limit)')
  })

  it('never fills more than the budget', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e6, max: 1e9 }), fc.integer({ min: 2e8, max: 1e10 }), (pss, budget) => {
        const model = memoryModel({ ...single, workersPssBytes: pss }, null, budget)
        fc.pre(model.maxWorkers > 1)
        expect(configurationBytes(sync(model.maxWorkers), model)).toBeLessThanOrEqual(budget * (1 + 1e-9))
        expect(configurationBytes(sync(model.maxWorkers + 1), model)).toBeGreaterThan(budget * (1 - 1e-9))
      }),
    )
    expect(memoryBudget({ memoryLimitBytes: 1000, memoryAvailableBytes: 500 })).toBe(400)
  })
})

describe('load', () => {
  it('saturates one worker without drowning a slow one', () => {
    const demand = {
      residenceMs: 20,
      transportMs: 0,
      queuedMs: 0,
      waitMs: 20,
      cpuShare: 0,
      loopSeen: true,
      loopShare: 0,
    }
    expect(saturationConnections({ ...demand, cpuMs: 0.1, loopMs: 0.1 }, 2)).toBe(400)
    expect(saturationConnections({ ...demand, cpuMs: 20, loopMs: 20 }, 2)).toBe(16)
    expect(saturationConnections({ ...demand, residenceMs: 1000, cpuMs: 1000, loopMs: 1000 }, 2)).toBe(4)
  })

  it('gives every one-at-a-time candidate twice its slots, and each a ramp as long as its queue', () => {
    fc.assert(
      fc.property(fc.array(configurations, { minLength: 1, maxLength: 8 }), (candidates) => {
        const io = workload({})
        const { connections, windowSeconds, timeoutSeconds } = planRaceLoad(candidates, io, 2, null)
        for (const one of candidates) {
          if (one.workerClass !== 'async' && capacityOf(one) <= 256) {
            expect(connections).toBeGreaterThanOrEqual(2 * capacityOf(one))
          }
          const ramp = rampSeconds(one, io, 2, connections)
          expect(ramp).toBeGreaterThanOrEqual(0.2)
          expect(timeoutSeconds).toBeGreaterThan(ramp)
        }
        expect(connections).toBeLessThanOrEqual(512)
        expect(windowSeconds).toBeGreaterThanOrEqual(0.5)
        expect(windowSeconds).toBeLessThanOrEqual(5)
      }),
    )
  })

  it('takes as many candidates as the time carries, from three to eight', () => {
    const pace = { trialSeconds: 1.3, startSeconds: startSecondsOf(0.3) }
    const selects = { isConfirmed: true, withTwin: false }
    const decides = { isConfirmed: false, withTwin: true }
    for (const seconds of [10, 39, 60, 120]) {
      for (const role of [selects, decides]) {
        const limit = candidateLimit(seconds, pace, role)
        const fewest = role.isConfirmed ? 4 : 3
        expect(limit).toBeGreaterThanOrEqual(fewest)
        expect(limit).toBeLessThanOrEqual(8)
        const least = leastRaceSeconds(limit, pace, role.withTwin)
        if (limit > fewest) expect(least).toBeLessThanOrEqual(seconds)
      }
    }
    expect(candidateLimit(60, pace, selects)).toBeGreaterThan(candidateLimit(60, pace, decides))
    expect(candidateLimit(60, pace, selects)).toBeGreaterThan(
      candidateLimit(60, pace, { ...selects, withTwin: true }),
    )
    expect(candidateLimit(120, pace, selects)).toBe(8)
    const slow = { ...pace, startSeconds: startSecondsOf(5) }
    expect(candidateLimit(60, slow, selects)).toBeLessThan(candidateLimit(60, pace, selects))
  })

  it('leaves most of the descriptors to the app', () => {
    expect(planRaceLoad([sync(5)], workload({}), 2, 256).connections).toBe(64)
  })

  it('measures for longer where the slowest candidate answers rarely', () => {
    const slow = workload({
      cpuMsPerRequest: 200,
      loopMsPerRequest: 200,
      waitMsPerRequest: 0,
      kneeConcurrency: 2,
    })
    expect(planRaceLoad([sync(1), sync(2)], slow, 2, null).windowSeconds).toBe(5)
  })
})
