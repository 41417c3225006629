import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeLive } from '../../../src/advisor/live.js'
import { liveVerdictSchema, type LiveTraffic } from '../../../src/result/live-document.js'
import { workerRoom } from '../../../src/advisor/live-memory.js'
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
  // Half of the time they compute, and nobody waits for more than his turn.
  requestsUnderWay: 0.6,
  leastUnderWay: 0,
  ...{ waiting: 0, waitingReadings: 0, restarts: 0, timedOut: 0, imbalance: 1.1, pssBytes: 100e6 },
  ...overrides,
})
const FOUR = { workerClass: 'sync', workers: 4, threads: 1, workerConnections: 1000 } as const
const MIB = 2 ** 20
/** Memory is no matter. */
const ROOMY = {
  ...{ perWorkerBytes: 50 * MIB, fixedBytes: 60 * MIB },
  ...{ budgetBytes: 64_000 * MIB, maxWorkers: 1000 },
}
const full = { mean: 0.95, highest: 0.99 }
const spare = { mean: 0.02, highest: 0.05 }

describe('judgeLive', () => {
  it('does not call a server idle whose clients wait and are not answered', () => {
    const hanging = {
      requests: 0,
      throughputRps: 0,
      loopUtilization: { mean: 0, highest: 0 },
      imbalance: null,
    }
    const waiting = { ...hanging, waiting: 30, waitingReadings: 6, requestsUnderWay: 2 }
    const { verdict, reasons } = judgeLive(FOUR, traffic(waiting), 8, ROOMY)
    expect(verdict).toBe('unknown')
    expect(reasons[0]).toMatch(/30 clients waited in the backlog and 2 requests were under way: workers hang/)
    const quiet = { ...hanging, requestsUnderWay: 0 }
    // Fifteen requests of a second each are little traffic, and no hang.
    const little = { ...hanging, requests: 15, throughputRps: 1.5, requestsUnderWay: 1.5 }
    expect(judgeLive(FOUR, traffic(little), 8, ROOMY).verdict).toBe('idle')
    // Three workers hang, and the fourth answers what comes to it.
    const mostHang = { ...little, requests: 8, requestsUnderWay: 3, leastUnderWay: 3 }
    expect(judgeLive(FOUR, traffic(mostHang), 8, ROOMY).reasons[0]).toMatch(
      /^Only 8 requests were answered in 10 s while 3 requests were under way: workers hang/,
    )
    expect(judgeLive(FOUR, traffic(quiet), 8, ROOMY).verdict).toBe('idle')
  })

  it('does not call CPUs full that are idle for half of the time, whatever slots and loops show', () => {
    const half = { loopUtilization: { mean: 0.78, highest: 0.85 }, slotUtilization: 0.84, cpuCores: 1.68 }
    const { verdict, reasons } = judgeLive(FOUR, traffic(half), 4, ROOMY)
    expect(verdict).toBe('unknown')
    expect(reasons[0]).toContain('for longer than they compute (CPUs 42 %)')
  })

  it('does not call it uneven that one connection is served by one worker', () => {
    const ids = (connections: number) =>
      judgeLive(FOUR, traffic({ imbalance: 4, connections }), 8, ROOMY).findings.map(({ id }) => id)
    expect(ids(1)).toEqual([])
    expect(ids(20)).toEqual(['TUNE-LIVE-UNEVEN'])
  })

  it.each([
    ['fits', {}, 8],
    ['idle', { requests: 3 }, 8],
    ['cpu-full', { cpuCores: 1.9 }, 2],
    ['too-small', { loopUtilization: full, cpuCores: 3.6 }, 8],
    [
      'too-small',
      { waiting: 4, waitingReadings: 9, slotUtilization: 1, loopUtilization: spare, cpuCores: 0.1 },
      8,
    ],
    ['too-large', { loopUtilization: spare, slotUtilization: 0.02, cpuCores: 0.1 }, 8],
  ] as const)('%s', (verdict, overrides, cpus) => {
    const found = judgeLive(FOUR, traffic(overrides), cpus, ROOMY)
    expect(found.verdict).toBe(verdict)
    expect(found.reasons[0]).toMatch(/\d/)
    if (verdict === 'too-small') expect(found.suggestion!.workers).toBeGreaterThan(4)
    else if (verdict === 'too-large') expect(found.suggestion!.workers).toBeLessThan(4)
    else expect(found.suggestion).toBeNull()
  })

  it('gives computing loops no more workers than CPUs, and blocked ones more', () => {
    const two = { ...FOUR, workers: 2 }
    const computing = judgeLive(two, traffic({ loopUtilization: full, cpuCores: 1.9 }), 4, ROOMY)
    expect(computing.suggestion).toMatchObject({ workers: 4 })
    const blocked = judgeLive(FOUR, traffic({ loopUtilization: full, cpuCores: 0.2 }), 2, ROOMY)
    expect(blocked.verdict).toBe('too-small')
    expect(blocked.suggestion!.workers).toBeGreaterThan(4)
    const all = judgeLive(FOUR, traffic({ loopUtilization: full, cpuCores: 3 }), 4, ROOMY)
    expect(all.verdict).toBe('cpu-full')
  })

  it('counts event loops, not workers, against CPUs', () => {
    const two = { ...FOUR, workerClass: 'threaded', workers: 2, threads: 2 } as const
    const computing = traffic({ loopUtilization: { mean: 0.82, highest: 0.85 }, cpuCores: 3.1 })
    expect(judgeLive(two, computing, 4, ROOMY)).toMatchObject({ verdict: 'cpu-full', suggestion: null })
    // Three of two are one loop for each of five CPUs, and one more than that.
    const more = judgeLive(two, traffic({ loopUtilization: full, cpuCores: 3.6 }), 5, ROOMY)
    expect(more).toMatchObject({ verdict: 'too-small', suggestion: { workers: 3 } })
    const one = { ...two, workers: 1, threads: 3 } as const
    const capped = judgeLive(one, traffic({ loopUtilization: full, cpuCores: 2.8 }), 4, ROOMY)
    expect(capped.suggestion).toMatchObject({ workers: 2 })
  })

  describe('where slots count as full', () => {
    const two = { ...FOUR, workers: 2 }
    const readings = { readings: 11, waiting: 0, waitingReadings: 0 }
    // Two CPUs at 78 %, and slots by eleven instants: each is taken for as long as its loop computes.
    const computing = traffic({
      ...{ ...readings, cpuCores: 1.56, requestsUnderWay: 1.64, slotUtilization: 0.82 },
      ...{ loopUtilization: { mean: 0.78, highest: 0.79 } },
    })

    it('gives loops that compute no more workers than CPUs', () => {
      const found = judgeLive(two, computing, 2, ROOMY)
      expect(found).toMatchObject({ verdict: 'cpu-full', suggestion: null })
      expect(found.reasons).toEqual([
        '82 % of the slots were taken, while event loops are 78 % busy computing, one for each CPU already: more CPUs, or cheaper requests.',
      ])
      const queued = { ...computing, slotUtilization: 0.75, waiting: 1.5, waitingReadings: 7 }
      expect(judgeLive(two, queued, 2, ROOMY)).toMatchObject({ verdict: 'cpu-full', suggestion: null })
      expect(judgeLive(two, { ...computing, slotUtilization: 1 }, 3, ROOMY)).toMatchObject({
        verdict: 'too-small',
      })
      const free = judgeLive({ ...FOUR, workers: 4 }, { ...computing, cpuCores: 3.1 }, 5, ROOMY)
      expect(free).toMatchObject({ verdict: 'too-small', suggestion: { workers: 5 } })
    })

    it('does not call CPUs full that are idle for most of the time', () => {
      const bursts = traffic({
        ...{ cpuCores: 0.8, requestsUnderWay: 0.9, slotUtilization: 0.45, waiting: 3, waitingReadings: 7 },
        loopUtilization: { mean: 0.4, highest: 0.42 },
      })
      expect(judgeLive(two, bursts, 2, ROOMY)).toMatchObject({ verdict: 'fits', suggestion: null })
    })

    it('leaves the verdict open where the CPU is not known', () => {
      const unknown = { ...computing, cpuCores: null, cpuMsPerRequest: null }
      const found = judgeLive(two, unknown, 2, ROOMY)
      expect(found).toMatchObject({ verdict: 'unknown', suggestion: null })
    })

    it.each([
      ['wait outside of their loops', { mean: 0.05, highest: 0.06 }, 0.1, 0.9],
      ['compute for half of the time', { mean: 0.45, highest: 0.5 }, 0.9, 0.95],
      ['compute for most of the time', { mean: 0.7, highest: 0.7 }, 1.4, 1],
      ['wait in their loops', { mean: 0.78, highest: 0.79 }, 0.1, 0.82],
    ])('gives more workers than CPUs to those that %s', (_, loopUtilization, cpuCores, slotUtilization) => {
      const waiting = traffic({ ...readings, loopUtilization, cpuCores, slotUtilization })
      const found = judgeLive(two, waiting, 2, ROOMY)
      expect(found.verdict).toBe('too-small')
      expect(found.suggestion!.workers).toBeGreaterThan(2)
    })

    it('knows slots of connections from those of requests', () => {
      const async = { ...two, workerClass: 'async' } as const
      expect(judgeLive(async, computing, 2, ROOMY).verdict).toBe('too-small')
      const queued = { ...computing, slotUtilization: 0.02, waiting: 1.5, waitingReadings: 7 }
      expect(judgeLive(async, queued, 2, ROOMY)).toMatchObject({ verdict: 'cpu-full', suggestion: null })
    })
  })

  describe('where the CPU is not known', () => {
    const unknown = (overrides: Partial<LiveTraffic>) =>
      traffic({ cpuCores: null, cpuMsPerRequest: null, ...overrides })
    const NOT_KNOWN = /CPU .*is not known/

    it('calls no loop blocked', () => {
      const found = judgeLive(FOUR, unknown({ loopUtilization: full }), 4, ROOMY)
      expect(found).toMatchObject({ verdict: 'unknown', suggestion: null })
      expect(found.reasons.join(' ')).toMatch(NOT_KNOWN)
      expect(found.reasons.join(' ')).not.toContain('with waiting that blocks them')
    })

    it('suggests no more loops than CPUs, whatever these do', () => {
      const found = judgeLive(FOUR, unknown({ loopUtilization: full }), 6, ROOMY)
      expect(found).toMatchObject({ verdict: 'too-small', suggestion: { workers: 6 } })
      expect(found.reasons.join(' ')).toMatch(NOT_KNOWN)
      expect(found.reasons[0]).not.toMatch(/blocks them|CPUs are free/)
    })

    it.each([
      ['too-large', { loopUtilization: spare, slotUtilization: 0.02 }],
      ['too-small', { slotUtilization: 0.9 }],
      ['fits', {}],
    ] as const)('%s by loops and slots alone, and says so', (verdict, overrides) => {
      const found = judgeLive(FOUR, unknown(overrides), 8, ROOMY)
      expect(found.verdict).toBe(verdict)
      expect(found.reasons.join(' ')).toMatch(NOT_KNOWN)
      expect(found.reasons.join(' ')).not.toMatch(/CPUs \d/)
    })

    it('does not say that requests wait which may compute outside of the loops', () => {
      const idle = unknown({ loopUtilization: spare, slotUtilization: 0.02, requestsUnderWay: 40 })
      const { verdict, reasons } = judgeLive(FOUR, idle, 8, ROOMY)
      expect(verdict).toBe('fits')
      expect(reasons.join(' ')).toContain('spent 99 % of the time outside of the event loops')
      expect(reasons.join(' ')).not.toContain('and waited for')
    })
  })

  describe('where workers are idle', () => {
    const eight = { ...FOUR, workers: 8 }

    it('saves them whatever the CPUs do', () => {
      // 1.1 of eight are busy, and two CPUs with them for nearly half.
      const found = judgeLive(
        eight,
        traffic({
          ...{ loopUtilization: { mean: 0.14, highest: 0.35 }, slotUtilization: 0.14 },
          ...{ cpuCores: 0.9, requestsUnderWay: 1.1, loopMsPerRequest: 2.2 },
        }),
        2,
        ROOMY,
      )
      expect(found).toMatchObject({ verdict: 'too-large', suggestion: { workers: 2 } })
      expect(found.reasons[0]).toContain('Event loops are 14 % busy and CPUs 45 %')
    })

    it('leaves room for what they compute outside of their loops', () => {
      const pools = traffic({
        ...{ loopUtilization: { mean: 0.05, highest: 0.06 }, slotUtilization: 0.02 },
        ...{ cpuCores: 2.8, requestsUnderWay: 2.5 },
      })
      expect(judgeLive(eight, pools, 8, ROOMY).suggestion).toMatchObject({ workers: 4 })
    })

    it('keeps those of a loop that is full', () => {
      const oneFull = traffic({
        ...{ loopUtilization: { mean: 0.15, highest: 0.9 }, slotUtilization: 0.02, cpuCores: 1.2 },
      })
      expect(judgeLive(eight, oneFull, 4, ROOMY)).toMatchObject({ verdict: 'fits', suggestion: null })
    })
  })

  it('calls it too small by those who wait only where they do so persistently, and says how many and how often', () => {
    const seldom = judgeLive(FOUR, traffic({ waiting: 0.09, waitingReadings: 1 }), 8, ROOMY)
    expect(seldom.verdict).toBe('fits')
    expect(seldom.reasons[0]).toContain(
      '0.09 clients waited in the backlog on average (seen in 1 of 11 readings)',
    )
    const often = judgeLive(FOUR, traffic({ waiting: 1.5, waitingReadings: 6 }), 8, ROOMY)
    expect(often.verdict).toBe('too-small')
    expect(often.reasons[0]).toContain('seen in 6 of 11 readings')
    // Both of two readings may still be chance.
    const short = judgeLive(FOUR, traffic({ waiting: 2, waitingReadings: 2, readings: 2 }), 8, ROOMY)
    expect(short.verdict).toBe('fits')
  })

  it('suggests no more workers than memory holds, by what a worker is seen to take', () => {
    const blocked = traffic({ loopUtilization: full, cpuCores: 0.2 })
    expect(judgeLive(FOUR, blocked, 8, ROOMY).suggestion).toMatchObject({ workers: 7 })
    const six = judgeLive(FOUR, blocked, 8, { ...ROOMY, budgetBytes: 420 * MIB, maxWorkers: 6 })
    expect(six.suggestion).toMatchObject({ workers: 6 })
    expect(six.reasons[1]).toBe(
      'It takes 7 workers, and memory holds 6: a worker is seen to take 50 MiB beside 60 MiB for all, and the server may use 420 MiB.',
    )
    for (const maxWorkers of [2, 4]) {
      const none = judgeLive(FOUR, blocked, 8, { ...ROOMY, maxWorkers })
      expect(none).toMatchObject({ verdict: 'too-small', suggestion: null })
      expect(none.reasons[1]).toMatch(/^Memory holds no more workers: a worker is seen to take 50 MiB/)
    }
    const unknown = judgeLive(FOUR, blocked, 8, null)
    expect(unknown.suggestion).toMatchObject({ workers: 7 })
    expect(unknown.reasons[1]).toContain('memory is not considered')
  })

  it('shows dead workers, timeouts and uneven load', () => {
    const { findings } = judgeLive(FOUR, traffic({ restarts: 1, timedOut: 2, imbalance: 3 }), 8, ROOMY)
    expect(findings.map(({ id }) => id)).toEqual([
      'TUNE-LIVE-RESTARTS',
      'TUNE-LIVE-TIMEOUTS',
      'TUNE-LIVE-UNEVEN',
    ])
  })

  describe('where requests wait for what is not seen', () => {
    const TEN = { workerClass: 'async', workers: 10, threads: 1, workerConnections: 1000 } as const
    // Each worker lets one request at a time through something of its own: 10 ms, of which 0.5 ms are CPU.
    const behindLocks = (requestsUnderWay: number, workers = 10) =>
      traffic({
        ...{ throughputRps: 100 * workers, loopMsPerRequest: 0.5, cpuMsPerRequest: 0.5, requestsUnderWay },
        ...{
          cpuCores: 0.05 * workers,
          loopUtilization: { mean: 0.05, highest: 0.06 },
          slotUtilization: 0.004,
        },
      })

    it('suggests no fewer workers where requests meet in a worker', () => {
      const found = judgeLive(TEN, behindLocks(40), 2, ROOMY)
      expect(found).toMatchObject({ verdict: 'fits', suggestion: null })
      expect(found.reasons[0]).toContain('by these 1 worker would carry this traffic')
      expect(found.reasons[1]).toMatch(
        /^But 40 requests were under way on average, 4 for each worker, and waited for 99 % of the time\. If it is for something that each worker has of its own/,
      )
      expect(found.reasons.join(' ')).not.toContain('room for bursts')
    })

    it('suggests so many that they hardly meet, where there are more', () => {
      const found = judgeLive(TEN, { ...behindLocks(3), throughputRps: 300 }, 2, ROOMY)
      expect(found).toMatchObject({ verdict: 'too-large', suggestion: { workers: 5 } })
      expect(found.reasons[1]).toContain('would allow 1, but 3 requests were under way')
      const hardly = judgeLive(TEN, { ...behindLocks(0.5), throughputRps: 50 }, 2, ROOMY)
      expect(hardly).toMatchObject({ verdict: 'too-large', suggestion: { workers: 1 } })
      expect(hardly.reasons).toHaveLength(1)
    })

    it('claims room for what is seen alone', () => {
      const { verdict, reasons } = judgeLive({ ...TEN, workers: 1 }, behindLocks(4, 1), 2, ROOMY)
      expect(verdict).toBe('fits')
      expect(reasons).toEqual([
        'CPUs 3 %, event loops 5 % busy, 0 % of the slots taken: room for bursts on all of these, and not much to save.',
        '4 requests were under way on average and waited for 99 % of the time: whether what they wait for has room, no counter shows.',
      ])
    })
  })

  it('says nothing of waiting by a handful of instants', () => {
    // One worker that only computes, for a tenth of the time, and was seen to in three of eleven readings.
    const seldom = traffic({
      ...{ throughputRps: 20, loopMsPerRequest: 5, cpuMsPerRequest: 5, cpuCores: 0.1 },
      ...{ loopUtilization: { mean: 0.1, highest: 0.1 }, slotUtilization: 0.27, requestsUnderWay: 3 / 11 },
    })
    const { verdict, reasons } = judgeLive({ ...FOUR, workers: 1 }, seldom, 2, ROOMY)
    expect(verdict).toBe('fits')
    expect(reasons).toHaveLength(1)
    const often = judgeLive({ ...FOUR, workers: 1 }, { ...seldom, readings: 61 }, 2, ROOMY)
    expect(often.reasons[1]).toContain('0.27 requests were under way on average and waited for 63 %')
  })

  it('names the busiest loop where it is full and the others are not', () => {
    const oneFull = traffic({ loopUtilization: { highest: 0.97, mean: 0.7 }, cpuCores: 2.8 })
    const { verdict, reasons, findings } = judgeLive(FOUR, oneFull, 8, ROOMY)
    expect(verdict).toBe('fits')
    expect(reasons[0]).toContain(
      'the busiest event loop is 97 % busy, which leaves it little room for bursts',
    )
    expect(reasons[0]).not.toContain(': room for bursts')
    expect(findings).toMatchObject([
      {
        id: 'TUNE-LIVE-UNEVEN',
        observed: 'the busiest event loop is 97 % busy, and 70 % is the mean',
        rule: 'below 80 %, or less than 10 points above the mean',
      },
    ])
    const both = judgeLive(FOUR, { ...oneFull, imbalance: 2.5 }, 8, ROOMY)
    expect(both.findings[0]?.observed).toBe(
      'the busiest answered 2.5 times the mean; the busiest event loop is 97 % busy, and 70 % is the mean',
    )
  })

  it('calls nothing uneven that is so by chance, or that is alone', () => {
    for (const chance of [
      { loopUtilization: { highest: 0.82, mean: 0.78 } },
      { loopUtilization: { highest: 0.97, mean: 0.7 }, imbalance: null },
      { requests: 3, imbalance: 3 },
    ]) {
      expect(judgeLive(FOUR, traffic(chance), 8, ROOMY).findings).toEqual([])
    }
  })

  it.each([
    [0, 'No request came in 10 s: too few to judge by.'],
    [1, 'Only 1 request came in 10 s: too few to judge by.'],
    [3, 'Only 3 requests came in 10 s: too few to judge by.'],
  ])('counts %d requests in words', (requests, sentence) => {
    expect(judgeLive(FOUR, traffic({ requests }), 8, ROOMY).reasons).toEqual([sentence])
  })

  it('never suggests what runs already, nor nothing at all', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const any = fc.record({
      ...{ cpuCores: fc.option(share), slotUtilization: share, mean: share, waiting: fc.nat(50) },
      ...{ waitingReadings: fc.nat(11), requestsUnderWay: fc.nat(50) },
    })
    const rooms = fc.option(fc.integer({ min: 1, max: 20 }).map((maxWorkers) => ({ ...ROOMY, maxWorkers })))
    fc.assert(
      fc.property(configurations, any, rooms, (one, { mean, ...rest }, room) => {
        const seen = traffic({ ...rest, loopUtilization: { mean, highest: mean } })
        const found = judgeLive(one, seen, 2, room)
        expect(liveVerdictSchema.options).toContain(found.verdict)
        if (found.suggestion === null) return
        expect(found.suggestion.workers).not.toBe(one.workers)
        expect(found.suggestion.workers).toBeGreaterThanOrEqual(1)
        const most = Math.max(one.workers, room?.maxWorkers ?? Infinity)
        expect(found.suggestion.workers).toBeLessThanOrEqual(most)
      }),
    )
  })
})

describe('workerRoom', () => {
  // With five threads in each worker, whose cost is in it.
  const reading = { workers: 4, threads: 5, arbiterPssBytes: 40e6, workersPssBytes: 400e6 }
  const roomy = { memoryLimitBytes: 8e9, memoryAvailableBytes: 8e9 }

  it('counts what the server has already as its own, and stays below the limit', () => {
    // 440 of its own and 160 left make 600, of which a fifth is reserve.
    const tight = workerRoom(reading, { ...roomy, memoryAvailableBytes: 160e6 })
    expect(tight).toEqual({
      ...{ perWorkerBytes: 100e6, fixedBytes: 40e6, budgetBytes: 480e6 },
      maxWorkers: 3,
    })
    expect(workerRoom(reading, { ...roomy, memoryLimitBytes: 1e9 })?.budgetBytes).toBe(800e6)
    expect(workerRoom(reading, roomy)?.maxWorkers).toBe(Math.floor((0.8 * 8e9 - 40e6) / 120e6))
  })

  it('is not known where nobody tells what a worker takes', () => {
    expect(workerRoom({ ...reading, workersPssBytes: null }, roomy)).toBeNull()
  })
})
