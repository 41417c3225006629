import { describe, expect, it } from 'vitest'
import { environmentOutcome } from '../../../src/experiment/environment.js'
import type { EnvironmentCounters } from '../../../src/result/counters.js'

const zero: EnvironmentCounters = {
  atMs: 1000,
  cpu: { busySeconds: 100, stolenSeconds: 5, allSeconds: 500 },
  ownCpuSeconds: 1,
  throttling: [{ periods: 100, throttled: 10 }],
  cpuPressureSeconds: 7,
  memoryPressureSeconds: 0,
  listenDrops: 4,
}

describe('environmentOutcome', () => {
  it('gives shares of the time between the readings', () => {
    const after: EnvironmentCounters = {
      atMs: 3000,
      cpu: { busySeconds: 103, stolenSeconds: 5.4, allSeconds: 504 },
      ownCpuSeconds: 1.1,
      throttling: [{ periods: 120, throttled: 15 }],
      cpuPressureSeconds: 8,
      memoryPressureSeconds: 0.02,
      listenDrops: 6,
    }
    const outcome = environmentOutcome(zero, after, { cpuCores: 0.5 }, { generatorCpuSeconds: 0.4 })
    expect(outcome.stealShare).toBeCloseTo(0.1)
    expect(outcome.busyCores).toBeCloseTo(1.5)
    // 3 s busy, of which the server had 1, the generators 0.4 and this process 0.1.
    expect(outcome.foreignCores).toBeCloseTo(0.75)
    expect(outcome.throttledShare).toBeCloseTo(0.25)
    expect(outcome.cpuPressure).toBeCloseTo(0.5)
    expect(outcome.memoryPressure).toBeCloseTo(0.01)
    expect(outcome.listenDrops).toBe(2)
  })

  it('takes the quota that ran out most, and knows none where no period has passed', () => {
    const level = (periods: number, throttled: number) => ({ periods, throttled })
    const before = { ...zero, throttling: [level(0, 0), level(10, 0)] }
    const after = { ...zero, atMs: 2000, throttling: [level(0, 0), level(20, 3)] }
    expect(environmentOutcome(before, after, null, { generatorCpuSeconds: 0 }).throttledShare).toBeCloseTo(
      0.3,
    )
    const none = { ...zero, throttling: [level(0, 0)] }
    expect(environmentOutcome(none, none, null, { generatorCpuSeconds: 0 }).throttledShare).toBeNull()
  })

  it('says null for whatever the machine does not say', () => {
    const silent: EnvironmentCounters = {
      atMs: 0,
      cpu: null,
      ownCpuSeconds: 0,
      throttling: [],
      cpuPressureSeconds: null,
      memoryPressureSeconds: null,
      listenDrops: null,
    }
    const outcome = environmentOutcome(silent, { ...silent, atMs: 1000 }, null, { generatorCpuSeconds: 0 })
    expect(Object.values(outcome).every((value) => value === null)).toBe(true)
  })
})
