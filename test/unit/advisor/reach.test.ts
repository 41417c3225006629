import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRaceLoad, rampSeconds } from '../../../src/advisor/load-plan.js'
import { expectedThroughput, throughputBound } from '../../../src/advisor/model.js'
import { couldMatch, isUnfilled, reachOf } from '../../../src/advisor/reach.js'
import { capacityOf, type Configuration } from '../../../src/result/configuration.js'
import { configurations, workload } from '../../helpers/arbitraries.js'

const async = (workers: number): Configuration => ({
  ...{ workerClass: 'async', workers, threads: 1, workerConnections: 1000 },
})
const waits = (waitMs: number, cpuMs = 1, cpus = 2) =>
  workload({
    ...{ cpuMsPerRequest: cpuMs, loopMsPerRequest: cpuMs, waitMsPerRequest: waitMs },
    ...{ residenceMsPerRequest: cpuMs + waitMs, kneeConcurrency: cpus * (1 + waitMs / cpuMs) },
  })
const at = (workers: number, clients: number, waitMs: number) => ({
  reach: reachOf(async(workers), waits(waitMs), 2, clients),
})

describe('reach', () => {
  it('of too few clients to fill one event loop, "as fast as two" says nothing', () => {
    expect(couldMatch(at(1, 70, 100), at(2, 70, 100))).toBe(false)
    expect(couldMatch(at(2, 70, 100), at(1, 70, 100))).toBe(true)
    expect(isUnfilled(at(2, 70, 100), 690)).toBe(true)
  })

  it('under clients that would show the difference, what was measured counts', () => {
    expect(couldMatch(at(1, 400, 100), at(2, 400, 100))).toBe(true)
    expect(isUnfilled(at(2, 400, 100), 1900)).toBe(false)
  })

  it('knows nothing of what lies behind the app, and then hinders nothing', () => {
    const behind = reachOf(async(1), { ...waits(100), class: 'downstream' }, 2, 70)
    expect(behind).toBeUndefined()
    expect(couldMatch({ reach: behind }, at(2, 70, 100))).toBe(true)
    expect(isUnfilled({ reach: behind }, 1)).toBe(false)
  })
})

describe('clients of a race', () => {
  it('one that serves rarely does not take clients from the others', () => {
    const five: Configuration = { ...async(5), workerClass: 'sync' }
    const load = planRaceLoad([five, async(1), async(2)], waits(100), 2, null)
    expect(load.connectionsOf(five)).toBeLessThan(100)
    expect(load.connectionsOf(async(2))).toBe(404)
    expect(load.connections).toBe(404)
  })

  it('no more than the generators send before they are the limit, and what fills the slots in any case', () => {
    const five: Configuration = { ...async(5), workerClass: 'sync' }
    const load = planRaceLoad([five, async(2)], waits(20, 0.1), 2, null, 10_000)
    expect(load.connectionsOf(async(2))).toBe(201)
    expect(planRaceLoad([five], waits(20, 0.1), 2, null, 1).connectionsOf(five)).toBe(16)
  })

  it('what a pool behind the app lets through counts as the pace of a process', () => {
    const pool = { ...waits(50), class: 'downstream' as const, downstreamConcurrency: 1 }
    expect(rampSeconds(async(1), pool, 2, 40)).toBeCloseTo(1.2 * 40 * 0.051)
    expect(rampSeconds(async(4), pool, 2, 40)).toBeCloseTo(1.2 * 10 * 0.051)
  })

  it('never more than a configuration takes in', () => {
    fc.assert(
      fc.property(
        fc.array(configurations, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0.1, max: 5000, noNaN: true }),
        (candidates, waitMs) => {
          const load = planRaceLoad(candidates, waits(waitMs), 2, null)
          for (const one of candidates) {
            const clients = load.connectionsOf(one)
            expect(clients).toBeGreaterThanOrEqual(1)
            expect(clients).toBeLessThanOrEqual(load.connections)
            if (one.workerClass === 'async') expect(clients).toBeLessThanOrEqual(capacityOf(one))
          }
        },
      ),
    )
  })
})

it('the model gives many cores what they carry, beyond 2,000 requests under way', () => {
  const app = waits(100, 1, 64)
  const expected = expectedThroughput(async(64), app, 64, 12_928)
  expect(expected).toBeGreaterThan(0.95 * throughputBound(async(64), app, 64, 12_928))
  expect(expectedThroughput(async(64), waits(900, 0.01, 64), 64, 60_000)).toBeGreaterThan(60_000)
})
