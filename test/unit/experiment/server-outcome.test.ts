import { describe, expect, it } from 'vitest'
import type { TargetCounters } from '../../../src/experiment/ports.js'
import { serverOutcome } from '../../../src/experiment/server-outcome.js'

const reading = (overrides: Partial<TargetCounters> = {}): TargetCounters => ({
  atMs: 1000,
  runQueueSeconds: 0,
  cpuSeconds: 5,
  loops: [
    { id: 'a', busySeconds: 2, totalSeconds: 10 },
    { id: 'b', busySeconds: 3, totalSeconds: 10 },
  ],
  requestsPerWorker: [100, 200],
  restarts: 0,
  memory: { arbiterPssBytes: 10, workersPssBytes: 20, rssBytes: 50 },
  ...overrides,
})

describe('serverOutcome', () => {
  it('takes the generator’s count where the server does not tell how much it answered', () => {
    const blind = { requestsPerWorker: [], loops: [], processes: 3, contextSwitches: 1000 }
    const after = reading({ ...blind, atMs: 3000, cpuSeconds: 6, contextSwitches: 3000 })
    expect(serverOutcome(reading(blind), after, 500)).toMatchObject({
      cpuSecondsPerRequest: 1 / 500,
      loopSecondsPerRequest: null,
      loopUtilization: null,
      processes: 3,
      contextSwitchesPerRequest: 4,
    })
    expect(serverOutcome(reading(blind), after).cpuSecondsPerRequest).toBeNull()
    // A server that counts itself is believed before the generator.
    expect(
      serverOutcome(reading(), reading({ cpuSeconds: 6, requestsPerWorker: [200, 200] }), 7),
    ).toMatchObject({
      cpuSecondsPerRequest: 1 / 100,
    })
  })

  it('adds private pages and the shared ones up, where the target tells them apart', () => {
    const apart = { arbiterBytes: 36, workersBytes: 108, sharedBytes: 44 }
    const after = reading({ memory: { ...reading().memory, apart } })
    expect(serverOutcome(reading(), after)).toMatchObject({ pssBytes: 30, aloneBytes: 188 })
    expect(serverOutcome(reading(), reading())).not.toHaveProperty('aloneBytes')
  })

  it('tells waiting from giving way, and the share of collecting, where the server counts them', () => {
    const figures = {
      processes: 2,
      contextSwitches: 0,
      voluntarySwitches: 0,
      involuntarySwitches: 0,
      gcSeconds: 1,
    }
    const after = reading({
      ...figures,
      ...{ cpuSeconds: 7, requestsPerWorker: [200, 200], gcSeconds: 1.5, peakRssBytes: 70 },
      ...{ contextSwitches: 500, voluntarySwitches: 400, involuntarySwitches: 100 },
    })
    expect(serverOutcome(reading(figures), after)).toMatchObject({
      contextSwitchesPerRequest: 5,
      voluntarySwitchesPerRequest: 4,
      involuntarySwitchesPerRequest: 1,
      peakRssBytes: 70,
      gcShare: 0.25,
    })
    expect(serverOutcome(reading(), after)).not.toHaveProperty('gcShare')
  })

  it('divides by what the server answered between the readings', () => {
    const after = reading({
      atMs: 3000,
      cpuSeconds: 6,
      loops: [
        { id: 'a', busySeconds: 3, totalSeconds: 12 },
        { id: 'b', busySeconds: 3.4, totalSeconds: 12 },
      ],
      requestsPerWorker: [500, 300],
    })
    const outcome = serverOutcome(reading(), after)
    expect(outcome.loopSecondsPerRequest).toBeCloseTo(1.4 / 500, 12)
    expect(outcome).toMatchObject({
      cpuSecondsPerRequest: 1 / 500,
      cpuCores: 0.5,
      loopUtilization: 0.5,
      pssBytes: 30,
      rssBytes: 50,
      requestsPerWorker: [400, 100],
      restarts: 0,
    })
  })

  it('counts a replaced worker from zero', () => {
    const after = reading({
      atMs: 2000,
      loops: [{ id: 'c', busySeconds: 0.5, totalSeconds: 1 }],
      requestsPerWorker: [7, 250],
      restarts: 1,
    })
    expect(serverOutcome(reading(), after)).toMatchObject({
      requestsPerWorker: [7, 50],
      loopUtilization: 0.5,
      restarts: 1,
    })
  })

  it('loses no CPU to a worker that is replaced, where the counters tell workers apart', () => {
    const of = (atMs: number, cpuByWorker: NonNullable<TargetCounters['cpuByWorker']>) => {
      const cpuSeconds = cpuByWorker.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0)
      return reading({ atMs, cpuSeconds, cpuByWorker })
    }
    const before = of(0, [
      { pid: 1, seconds: 100 },
      { pid: 2, seconds: 100 },
    ])
    // The second has gone, and the third has come.
    const replaced = of(10_000, [
      { pid: 1, seconds: 109 },
      { pid: 3, seconds: 4 },
    ])
    expect(serverOutcome(before, replaced).cpuCores).toBeCloseTo(1.3, 12)
    const sums = ({ atMs, cpuSeconds }: TargetCounters) => reading({ atMs, cpuSeconds })
    expect(serverOutcome(sums(before), sums(replaced)).cpuCores).toBeNull()
    const unknown = of(10_000, [
      { pid: 1, seconds: 109 },
      { pid: 3, seconds: null },
    ])
    expect(serverOutcome(before, unknown).cpuCores).toBeNull()
    // Nor does a counter that falls tell anything.
    expect(serverOutcome(before, of(10_000, [{ pid: 1, seconds: 99 }])).cpuCores).toBeNull()
  })

  it('says null, not zero, where the target cannot tell', () => {
    const mute = reading({
      cpuSeconds: null,
      runQueueSeconds: null,
      loops: [],
      requestsPerWorker: [],
      memory: { arbiterPssBytes: null, workersPssBytes: null, rssBytes: null },
    })
    expect(serverOutcome(mute, { ...mute, atMs: 2000 })).toEqual({
      cpuSecondsPerRequest: null,
      loopSecondsPerRequest: null,
      runQueueSecondsPerRequest: null,
      cpuCores: null,
      loopUtilization: null,
      pssBytes: null,
      rssBytes: null,
      requestsPerWorker: [],
      restarts: 0,
    })
  })
})
