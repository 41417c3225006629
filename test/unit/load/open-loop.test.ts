import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/experiment/random.js'
import { arrivalTimes } from '../../../src/load/open-loop/arrivals.js'
import { OpenAccount } from '../../../src/load/open-loop/open-account.js'

function take(times: Generator<number>, count: number): number[] {
  return Array.from({ length: count }, () => times.next().value as number)
}

describe('arrivalTimes', () => {
  it('spaces constant arrivals evenly, without a growing error', () => {
    const times = take(arrivalTimes('constant', 300, Math.random), 100_000)
    expect(times[0]).toBe(0)
    expect(times[99_999]).toBe(99_999 * (1000 / 300))
  })

  it('gives Poisson arrivals their rate and a coefficient of variation of 1', () => {
    const times = take(arrivalTimes('poisson', 200, createRandom(4)), 50_000)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
    expect(mean).toBeGreaterThan(4.9)
    expect(mean).toBeLessThan(5.1)
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1)
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
  })
})

describe('OpenAccount', () => {
  it('charges the wait from the intended instant, and a late send to lateness as well', () => {
    const account = new OpenAccount(0, 1000)
    account.sent(100, 130)
    account.answered(100, 180, 200)
    expect(account.latencies.maxValue).toBeGreaterThanOrEqual(80_000)
    expect(account.lateness.getValueAtPercentile(50)).toBeGreaterThanOrEqual(30_000)
  })

  it('counts requests by when they were due, answers by when they came', () => {
    const account = new OpenAccount(100, 200)
    for (const due of [50, 150, 250]) account.sent(due, due)
    account.answered(50, 160, 200)
    account.answered(150, 260, 500)
    account.answered(250, 270, 200)
    const { requests, completed } = account.settle(300, [])
    expect(requests).toMatchObject({ sent: 1, done: 1, non2xx: 1, inFlight: 0 })
    expect(completed).toBe(1)
  })

  it('balances, and counts timeouts and the unanswered at their age', () => {
    const account = new OpenAccount(0, 100)
    for (const due of [0, 10, 20, 30]) account.sent(due, due)
    account.failed(0, 50, 'timeout')
    account.failed(10, 40, 'lost')
    account.answered(20, 25, 200)
    expect(account.underWay).toBe(1)
    const { requests } = account.settle(1030, [30])
    expect(requests.sent).toBe(requests.done + requests.errors + requests.lost + requests.inFlight)
    expect(account.latencies.totalCount).toBe(3)
    expect(account.latencies.maxValue).toBeGreaterThanOrEqual(1_000_000)
  })
})
