import { describe, expect, it } from 'vitest'
import { Backoff } from '../../../src/server/backoff.js'

const UNLIMITED = { restartBudget: 0, restartWindowSeconds: 60 }

describe('Backoff', () => {
  it('replaces a worker that has served at once', () => {
    const backoff = new Backoff(UNLIMITED)
    expect(backoff.workerDied(5000, 4000)).toEqual({ delayMs: 0, exhausted: false })
    expect(backoff.allows(5000)).toBe(true)
    expect(backoff.failures).toBe(0)
  })

  it('waits twice as long after each worker that died while starting, up to a limit', () => {
    const backoff = new Backoff(UNLIMITED)
    const delays = Array.from({ length: 9 }, () => backoff.workerDied(0, null).delayMs)
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(backoff.allows(9999)).toBe(false)
    expect(backoff.allows(10_000)).toBe(true)
  })

  it('takes a worker that dies right after it was ready for one that does not start', () => {
    expect(new Backoff(UNLIMITED).workerDied(1500, 1000).delayMs).toBeGreaterThan(0)
  })

  it('forgets failures once a worker has served for a while', () => {
    const backoff = new Backoff(UNLIMITED)
    backoff.workerDied(0, null)
    backoff.workersLive(1000, 500)
    expect(backoff.failures).toBe(1)
    backoff.workersLive(6000, 500)
    expect(backoff.failures).toBe(0)
  })
})

describe('the restart budget', () => {
  const budget = { restartBudget: 3, restartWindowSeconds: 60 }

  it('lasts for so many, then lets one worker start whenever a share of it has come back', () => {
    const backoff = new Backoff(budget)
    const deaths = Array.from({ length: 4 }, () => backoff.workerDied(100_000, 0))
    expect(deaths).toEqual([
      ...Array.from({ length: 3 }, () => ({ delayMs: 0, exhausted: false })),
      { delayMs: 20_000, exhausted: true },
    ])
    expect(backoff.allows(119_999)).toBe(false)
    expect(backoff.allows(120_000)).toBe(true)
    expect(backoff.budgetLeft(120_000)).toBe(0)
    // It dies again: the next share comes 20 s later.
    expect(backoff.workerDied(125_000, 121_000)).toEqual({ delayMs: 15_000, exhausted: true })
  })

  it('is whole again after the window, and never more', () => {
    const backoff = new Backoff(budget)
    for (let death = 0; death < 3; death += 1) backoff.workerDied(100_000, 0)
    expect(backoff.budgetLeft(100_000)).toBe(0)
    expect(backoff.budgetLeft(140_000)).toBe(2)
    expect(backoff.budgetLeft(900_000)).toBe(3)
    expect(new Backoff(UNLIMITED).budgetLeft(0)).toBeNull()
  })

  it('is not touched by a steady rate below it', () => {
    const backoff = new Backoff(budget)
    for (let nowMs = 100_000; nowMs < 1_000_000; nowMs += 20_000)
      expect(backoff.workerDied(nowMs, 0).exhausted).toBe(false)
  })
})
