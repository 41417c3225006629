import { describe, expect, it } from 'vitest'
import {
  bySlot,
  memoryOf,
  ownWorkers,
  readCounters,
  withHelpers,
} from '../../../src/targets/bundled-counters.js'
import { helpersOf, readProcesses } from '../../../src/targets/process-tree.js'
import type { ServerStats } from '../../../src/server/index.js'

type WorkerStats = ServerStats['workers'][number]

const LOOP = {
  ...{ id: '0', requests: 0, busySlots: 0, totalSlots: 1, requestsUnderWay: 0 },
  delayMs: { p50: 0, p99: 0, max: 0 },
  gc: { count: 0, totalMs: 0 },
}

function worker(given: Partial<WorkerStats>): WorkerStats {
  return {
    nr: 1,
    pid: process.pid,
    state: 'ready',
    stale: false,
    requests: 0,
    requestsPerLoop: [],
    refused: 0,
    timedOut: 0,
    handshakesFailed: 0,
    aborted: 0,
    queueWait: { boundsMs: [], counts: [], sumMs: 0 },
    ageSeconds: 1,
    memory: { rss: null, pss: null },
    busySlots: 0,
    totalSlots: 1,
    requestsUnderWay: 0,
    connections: 0,
    cpuUserUs: 0,
    cpuSystemUs: 0,
    loops: [],
    ...given,
  }
}

describe('readCounters', () => {
  it('sums CPU to the microsecond and keeps the loops of different workers apart', async () => {
    const stats = {
      arbiter: { pid: process.pid },
      restarts: 2,
      restartReasons: {},
      recycled: 0,
      tls: null,
      restartBudgetLeft: 20,
      target: 1,
      queues: [],
      workers: [
        worker({
          cpuUserUs: 1_500_000,
          cpuSystemUs: 3,
          loops: [{ ...LOOP, activeMs: 250, idleMs: 750, gc: { count: 3, totalMs: 40 } }],
        }),
        worker({
          nr: 2,
          cpuUserUs: 10,
          requests: 7,
          loops: [{ ...LOOP, activeMs: 0, idleMs: 1000, gc: { count: 1, totalMs: 2 } }],
        }),
      ],
    }
    const counters = await readCounters(stats, 123)
    expect(counters).toMatchObject({ atMs: 123, restarts: 2, requestsPerWorker: [0, 7] })
    expect(counters.cpuSeconds).toBeCloseTo(1.500013, 9)
    expect(counters.cpuByWorker?.map(({ seconds }) => seconds)).toEqual([
      expect.closeTo(1.500003, 9),
      expect.closeTo(0.00001, 9),
    ])
    expect(counters.gcSeconds).toBeCloseTo(0.042, 9)
    expect(counters.loops).toEqual([
      { id: '1/0', busySeconds: 0.25, totalSeconds: 1 },
      { id: '2/0', busySeconds: 0, totalSeconds: 1 },
    ])
  })

  it.runIf(process.platform === 'linux')(
    'asks the kernel about a worker that was too busy to answer',
    async () => {
      const stats = {
        arbiter: { pid: process.ppid },
        restarts: 0,
        restartReasons: {},
        recycled: 0,
        tls: null,
        restartBudgetLeft: 20,
        target: 1,
        queues: [],
        workers: [worker({ stale: true })],
      }
      const { cpuSeconds } = await readCounters(stats, 0)
      expect(cpuSeconds).toBeGreaterThan(0)
      const afterwards = await readProcesses()
      const own = afterwards.find(({ pid }) => pid === process.pid)!
      // Other tests may have started processes.
      const helpers = helpersOf(process.pid, process.ppid, afterwards)
      expect(cpuSeconds).toBeLessThanOrEqual(own.cpuSeconds + helpers.cpuSeconds + 0.1)
    },
  )

  it.runIf(process.platform === 'linux')('asks it nothing about a stranger of the same number', async () => {
    const stats = {
      // This process has another parent.
      arbiter: { pid: process.pid },
      ...{ restarts: 0, restartReasons: {}, recycled: 0, tls: null, restartBudgetLeft: 20, target: 1 },
      ...{ queues: [], workers: [worker({ stale: true, cpuUserUs: 5 })] },
    }
    const counters = await readCounters(stats, 0)
    expect(counters.cpuSeconds).toBe(5e-6)
    expect(counters).toMatchObject({ runQueueSeconds: null, contextSwitches: 0, peakRssBytes: null })
  })
})

describe('ownWorkers', () => {
  it('are children of the arbiter here as well', () => {
    const found = (pid: number, parentPid: number) => ({
      ...{ pid, parentPid, groupId: pid, state: 'S', cpuSeconds: 9, reapedCpuSeconds: 0 },
    })
    const stats = { arbiter: { pid: 10 }, workers: [worker({ pid: 11 }), worker({ pid: 12 })] }
    const own = ownWorkers(stats, [found(10, 1), found(11, 10), found(12, 7), found(13, 10)])
    expect([...own.keys()]).toEqual([11])
  })
})

describe('bySlot', () => {
  it('has a place for every slot, also for one whose worker is being replaced', () => {
    expect(bySlot([worker({ nr: 3, requests: 5 }), worker({ nr: 1, requests: 2 })])).toEqual([2, 0, 5])
    expect(bySlot([])).toEqual([])
  })

  it('adds up two workers that hold one slot during a reload', () => {
    expect(bySlot([worker({ requests: 5 }), worker({ requests: 2 })])).toEqual([7])
  })
})

describe('memoryOf', () => {
  it('is unknown rather than too small when a part is unknown', () => {
    const known = { rssBytes: 10, pssBytes: 4 }
    expect(memoryOf(known, [known, known])).toEqual({ arbiterPssBytes: 4, workersPssBytes: 8, rssBytes: 30 })
    expect(memoryOf(known, [known, null])).toEqual({
      arbiterPssBytes: 4,
      workersPssBytes: null,
      rssBytes: null,
    })
    expect(memoryOf(null, [{ rssBytes: 10, pssBytes: null }]).workersPssBytes).toBeNull()
  })

  it('tells private pages from shared ones, where the kernel does for every process', () => {
    const arbiter = { rssBytes: 55, pssBytes: 30, privateBytes: 13 }
    const worker = { rssBytes: 60, pssBytes: 35, privateBytes: 17 }
    expect(memoryOf(arbiter, [worker, worker]).apart).toEqual({
      ...{ arbiterBytes: 13, workersBytes: 34, sharedBytes: 43 },
    })
    expect(memoryOf(null, [worker]).apart).toEqual({ arbiterBytes: 0, workersBytes: 17, sharedBytes: 43 })
    expect(memoryOf(arbiter, [worker, { ...worker, privateBytes: null }])).not.toHaveProperty('apart')
    expect(memoryOf(arbiter, [])).not.toHaveProperty('apart')
  })
})

describe('withHelpers', () => {
  it('counts them with workers, and leaves the resident set to the processes that share it', () => {
    const memory = {
      ...{ arbiterPssBytes: 60, workersPssBytes: 200, rssBytes: 260 },
      apart: { arbiterBytes: 40, workersBytes: 150, sharedBytes: 30 },
    }
    expect(withHelpers(memory, 600)).toEqual({
      ...{ arbiterPssBytes: 60, workersPssBytes: 800, rssBytes: 260, helpersBytes: 600 },
      apart: { arbiterBytes: 40, workersBytes: 750, sharedBytes: 30 },
    })
    expect(withHelpers(memory, 0)).toEqual(memory)
  })
})
