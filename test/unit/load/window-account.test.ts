import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WindowAccount, wholeRequests } from '../../../src/load/window-account.js'

/** Connections that answer back to back, each with its own durations, from 0 until after the window. */
function drive(account: WindowAccount, durations: number[][], untilMs: number): void {
  for (const connection of durations) {
    let atMs = 0
    for (let nth = 0; atMs < untilMs; nth++) {
      const endMs = atMs + (connection[nth % connection.length] ?? 1)
      account.begin(atMs)
      account.answer(atMs, endMs, 200)
      atMs = endMs
    }
  }
}

describe('WindowAccount', () => {
  it('counts a request by the share of its lifetime inside the window', () => {
    const account = new WindowAccount(100, 200)
    account.begin(50)
    account.answer(50, 150, 200)
    account.begin(190)
    account.answer(190, 230, 200)
    const figures = account.settle(250, [])
    expect(figures.answers).toBeCloseTo(0.5 + 0.25)
    expect(figures.underWayMs).toBe(60)
  })

  it('splits the answers over ten slices by shares of their lifetime', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 0.01, max: 90, noNaN: true }), { minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 12,
        }),
        (durations) => {
          const account = new WindowAccount(100, 200)
          drive(account, durations, 400)
          const { answers, slices } = account.settle(600, [])
          expect(slices).toHaveLength(10)
          expect(slices.reduce((sum, count) => sum + count, 0)).toBeCloseTo(answers, 6)
        },
      ),
    )
    const account = new WindowAccount(100, 200)
    account.begin(95)
    account.answer(95, 115, 200)
    expect(account.settle(300, []).slices.slice(0, 3)).toEqual([0.5, 0.25, 0])
  })

  it('has no quantisation: connections in step give the exact rate wherever the window falls', () => {
    for (const opensAtMs of [40, 47, 53, 59.9]) {
      const account = new WindowAccount(opensAtMs, opensAtMs + 100)
      drive(
        account,
        Array.from({ length: 8 }, () => [20]),
        300,
      )
      expect(account.settle(300, []).answers).toBeCloseTo(8 * 5)
    }
  })

  it('satisfies Little’s law exactly for connections that are never idle, whatever the durations', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 0.01, max: 90, noNaN: true }), { minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 12,
        }),
        (durations) => {
          const account = new WindowAccount(100, 200)
          drive(account, durations, 400)
          const figures = account.settle(600, [])
          const throughput = figures.answers / figures.windowMs
          const mean = figures.latencyMs / figures.latencies
          expect((throughput * mean) / durations.length).toBeCloseTo(1, 6)
          // The histogram holds whole requests, so it follows to within half of one.
          expect(Math.abs(account.histogram.totalCount - figures.answers)).toBeLessThanOrEqual(0.5 + 1e-6)
        },
      ),
    )
  })

  it('balances: sent = done + errors + lost + inFlight, for any fate of any request', () => {
    const fate = fc.constantFrom('answer', 'error', 'timeout', 'lost', 'under way')
    const request = fc.record({
      startMs: fc.double({ min: 0, max: 300, noNaN: true }),
      lengthMs: fc.double({ min: 0.001, max: 250, noNaN: true }),
      fate,
    })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const account = new WindowAccount(100, 200)
        const underWay: number[] = []
        for (const { startMs, lengthMs, fate } of requests) {
          account.begin(startMs)
          if (fate === 'under way') underWay.push(startMs)
          else if (fate === 'answer') account.answer(startMs, startMs + lengthMs, 200)
          else account.fail(startMs, startMs + lengthMs, fate)
        }
        const { sent, done, errors, lost, inFlight, timeouts } = account.settle(600, underWay).requests
        expect(sent).toBe(done + errors + lost + inFlight)
        expect(timeouts).toBeLessThanOrEqual(errors)
      }),
    )
  })

  it('keeps requests of the ramp and of the cool-down out of everything', () => {
    const account = new WindowAccount(100, 200)
    account.begin(10)
    account.answer(10, 99, 500)
    account.begin(20)
    account.fail(20, 100, 'lost')
    account.begin(200)
    account.answer(200, 260, 500)
    const figures = account.settle(300, [250])
    expect(figures.requests).toEqual({
      sent: 0,
      done: 0,
      non2xx: 0,
      errors: 0,
      timeouts: 0,
      lost: 0,
      inFlight: 0,
    })
    expect(figures).toMatchObject({ answers: 0, latencies: 0, underWayMs: 0, statusCounts: {} })
  })

  it('counts what never got an answer at its age, and lets nothing of it into the throughput', () => {
    const account = new WindowAccount(100, 200)
    account.begin(90)
    account.fail(90, 190, 'timeout')
    account.begin(150)
    const figures = account.settle(1150, [150])
    expect(figures.answers).toBe(0)
    expect(figures.requests).toMatchObject({ sent: 2, errors: 1, timeouts: 1, inFlight: 1 })
    expect(figures.latencyMs).toBe(100 + 1000)
    expect(account.histogram.maxValue).toBeGreaterThanOrEqual(999_000)
  })

  it('knows the longest request of a queue that is longer than the window, which the shares of its histogram need not hold', () => {
    const account = new WindowAccount(100, 400)
    const ends = Array.from({ length: 8 }, (_, served) => 300 * (served + 1))
    ends.forEach(() => account.begin(0))
    for (const endMs of ends) account.answer(0, endMs, 200)
    expect(account.settle(2500, []).longestMs).toBe(2400)
    expect(account.histogram.maxValue).toBeLessThan(2_000_000)
    expect(new WindowAccount(100, 200).settle(300, []).longestMs).toBeNull()
  })

  it('tells stragglers: requests of the window that are not over when it closes', () => {
    const account = new WindowAccount(100, 200)
    account.begin(150)
    account.begin(160)
    account.begin(210)
    expect(account.stragglers).toBe(2)
    account.answer(150, 220, 200)
    account.fail(160, 230, 'lost')
    expect(account.stragglers).toBe(0)
  })

  it('counts statuses, and those other than 2xx', () => {
    const account = new WindowAccount(0, 100)
    for (const status of [200, 204, 302, 500, 500]) {
      account.begin(10)
      account.answer(10, 20, status)
    }
    const figures = account.settle(100, [])
    expect(figures.requests.non2xx).toBe(3)
    expect(figures.statusCounts).toEqual({ 200: 1, 204: 1, 302: 1, 500: 2 })
  })
})

describe('wholeRequests', () => {
  it('keeps the total to half a request and the distribution', () => {
    const shares = Array.from({ length: 100 }, (_, index) => ({ durationMs: index, share: 0.5 }))
    const whole = wholeRequests(shares)
    expect(whole).toHaveLength(50)
    const median = whole[25] ?? 0
    expect(Math.abs(median - 50)).toBeLessThanOrEqual(2)
  })
})
