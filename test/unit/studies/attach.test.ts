import { describe, expect, it } from 'vitest'
import { liveDocumentSchema } from '../../../src/result/live-document.js'
import { attach, trafficOf } from '../../../src/studies/attach.js'
import type { MachineOverrides } from '../../../src/studies/read-machine.js'
import type { LiveReading } from '../../../src/targets/index.js'

const reading = (atMs: number, requests: number, waiting: number): LiveReading => ({
  ...{ arbiterPid: 4711, workers: 2, busySlots: 1, totalSlots: 2, connections: 3, timedOut: 0, waiting },
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
})

describe('attach', () => {
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
})
