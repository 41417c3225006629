import { describe, expect, it } from 'vitest'
import { Backoff } from '../../../src/server/backoff.js'

describe('Backoff', () => {
  it('replaces a worker that has served at once', () => {
    const backoff = new Backoff()
    expect(backoff.workerDied(5000, 4000)).toBe(0)
    expect(backoff.allows(5000)).toBe(true)
    expect(backoff.failures).toBe(0)
  })

  it('waits twice as long after each worker that died while starting, up to a limit', () => {
    const backoff = new Backoff()
    const delays = Array.from({ length: 9 }, () => backoff.workerDied(0, null))
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
    expect(backoff.allows(9999)).toBe(false)
    expect(backoff.allows(10_000)).toBe(true)
  })

  it('takes a worker that dies right after it was ready for one that does not start', () => {
    expect(new Backoff().workerDied(1500, 1000)).toBeGreaterThan(0)
  })

  it('forgets failures once a worker has served for a while', () => {
    const backoff = new Backoff()
    backoff.workerDied(0, null)
    backoff.workersLive(1000, 500)
    expect(backoff.failures).toBe(1)
    backoff.workersLive(6000, 500)
    expect(backoff.failures).toBe(0)
  })
})
