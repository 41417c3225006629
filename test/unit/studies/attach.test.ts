import { describe, expect, it } from 'vitest'
import { liveDocumentSchema } from '../../../src/result/live-document.js'
import { ServerError } from '../../../src/server/errors.js'
import { attach, nextDueMs, trafficOf } from '../../../src/studies/attach.js'
import type { MachineOverrides } from '../../../src/studies/read-machine.js'
import type { LiveReading } from '../../../src/targets/index.js'

const reading = (atMs: number, requests: number, waiting: number): LiveReading => ({
  ...{ arbiterPid: 4711, workers: 2, busySlots: 1, totalSlots: 2, connections: 3, timedOut: 0, waiting },
  ...{ readyWorkers: [1, 2].map((nr) => ({ nr, pid: 100 + nr })), requestsUnderWay: 1 },
  counters: {
    ...{ atMs, cpuSeconds: requests / 1000, runQueueSeconds: 0, restarts: 0 },
    loops: [{ id: '1/0', busySeconds: requests / 1000, totalSeconds: atMs / 1000 }],
    requestsPerWorker: [requests / 2, requests / 2],
    memory: { arbiterPssBytes: 40e6, workersPssBytes: 100e6, rssBytes: 200e6 },
  },
})

describe('trafficOf', () => {
  it('counts the readings in which a client waited, beside their mean', () => {
    const traffic = trafficOf([0, 0, 3, 1].map((waiting, nth) => reading(nth * 1000, nth * 100, waiting)))
    expect(traffic).toMatchObject({ readings: 4, requests: 300, waiting: 1, waitingReadings: 2 })
  })

  it('holds those workers against each other that served all along', () => {
    const of = (numbers: number[], atMs: number, requestsPerWorker: number[], pids: number[] = []) => {
      const one = reading(atMs, 0, 0)
      const readyWorkers = numbers.map((nr, index) => ({ nr, pid: pids[index] ?? 100 + nr }))
      return { ...one, readyWorkers, counters: { ...one.counters, requestsPerWorker } }
    }
    const imbalance = (last: LiveReading) => trafficOf([of([1, 2, 3], 0, [0, 0, 0]), last]).imbalance
    expect(imbalance(of([1, 2, 3], 1000, [300, 0, 0]))).toBe(3)
    // The third has left, or is leaving.
    expect(imbalance(of([1, 2], 1000, [100, 100, 10]))).toBe(1)
    // Only one is left, and his number need not be the first.
    expect(imbalance(of([3], 1000, [0, 0, 300]))).toBeNull()
    // The second has died, and another one has its number.
    expect(imbalance(of([1, 2, 3], 1000, [100, 10, 100], [101, 202, 103]))).toBe(1)
    // A fourth has just come.
    expect(imbalance(of([1, 2, 3, 4], 1000, [100, 100, 100, 1]))).toBe(1)
  })
})

describe('nextDueMs', () => {
  it('keeps to the clock, leaves out what a slow reading has missed, and ends with the window', () => {
    expect(nextDueMs(500, 620, 8500)).toBe(1500)
    expect(nextDueMs(1500, 3600, 8500)).toBe(4500)
    expect(nextDueMs(7500, 7620, 8000)).toBe(8000)
    expect(nextDueMs(7500, 9900, 8500)).toBe(8500)
    // A timer may fire a little early.
    expect(nextDueMs(1500, 1499.6, 8500)).toBe(2500)
  })
})

describe('attach', () => {
  it('goes on after one answer that is late, and ends with the second', async () => {
    const silence = new ServerError('silent', { code: 'TUNE_E_SERVER_SILENT', exit: 2 })
    const over = async (answers: (LiveReading | Error)[]) => {
      const read = () => {
        const next = answers.shift() ?? silence
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next)
      }
      const configuration = { workerClass: 'sync', workers: 2, threads: 1, workerConnections: 1000 } as const
      const settings = { toolVersion: '0.0.0', overrides: {}, seconds: 3 }
      return attach({ configuration, pid: null, read }, settings, new AbortController().signal)
    }
    const now = performance.now()
    const [first, second, third] = [
      reading(now, 0, 0),
      reading(now + 1000, 100, 0),
      reading(now + 3000, 300, 0),
    ]
    const [late, alone, twice] = await Promise.allSettled([
      over([first, second, silence, third]),
      over([first, silence]),
      over([first, second, silence, silence]),
    ])
    expect(late).toMatchObject({ status: 'fulfilled', value: { traffic: { readings: 3, requests: 300 } } })
    expect([alone, twice].map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  const attached = (pid: number | null, overrides: MachineOverrides = {}) => {
    const configuration = { workerClass: 'sync', workers: 2, threads: 1, workerConnections: 1000 } as const
    const server = { configuration, pid, read: () => Promise.resolve(reading(0, 0, 0)) }
    const settings = { toolVersion: '0.0.0', overrides, seconds: 1 }
    return attach(server, settings, AbortSignal.abort())
  }

  it('takes the limits of the server, where its process is seen', async () => {
    const document = await attached(process.pid)
    expect(liveDocumentSchema.parse(document)).toEqual(document)
    expect(document.warnings).toEqual([])
    const affinity = document.machine.facts.find(({ id }) => id === 'cpu.affinity')
    expect(affinity?.source).toBe(`/proc/${process.pid}/status`)
  })

  it('says whose the limits are where they are not its own', async () => {
    const [warning] = (await attached(null)).warnings
    expect(warning).toContain('those of this command stand in for them (CPUs and memory)')
    expect((await attached(null, { cpus: 2 })).warnings[0]).toContain('(memory): name')
    expect((await attached(null, { cpus: 2, memoryBytes: 1e9 })).warnings).toEqual([])
  })

  it('says what is known when it is interrupted, and that it was', async () => {
    const configuration = { workerClass: 'sync', workers: 2, threads: 1, workerConnections: 1000 } as const
    const interruption = new AbortController()
    let asked = 0
    const read = () => {
      asked += 1
      if (asked === 2) interruption.abort()
      return Promise.resolve(reading(performance.now(), asked * 100, 0))
    }
    const settings = { toolVersion: '0.0.0', overrides: {}, seconds: 60 }
    const document = await attach({ configuration, pid: null, read }, settings, interruption.signal)
    expect(liveDocumentSchema.parse(document)).toEqual(document)
    expect(document).toMatchObject({
      status: 'interrupted',
      askedSeconds: 60,
      traffic: { readings: 2, requests: 100 },
    })
  })

  it('reads for as long as it was asked to', async () => {
    const configuration = { workerClass: 'sync', workers: 2, threads: 1, workerConnections: 1000 } as const
    const read = () => Promise.resolve(reading(performance.now(), 0, 0))
    const settings = { toolVersion: '0.0.0', overrides: {}, seconds: 0.05 }
    const server = { configuration, pid: null, read }
    const document = await attach(server, settings, new AbortController().signal)
    expect(document).toMatchObject({ status: 'complete', traffic: { readings: 2 } })
  })
})
