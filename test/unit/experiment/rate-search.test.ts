import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeRate } from '../../../src/experiment/judge-rate.js'
import { searchRate } from '../../../src/experiment/rate-search.js'
import type { OpenOutcome } from '../../../src/result/open-load.js'

describe('searchRate', () => {
  it('brackets any true limit within 5 %, from wherever it begins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 5, max: 50_000, noNaN: true }),
        fc.double({ min: 0.2, max: 4, noNaN: true }),
        async (limit, part) => {
          let probes = 0
          const { met, failed } = await searchRate(limit * part, (rate) => {
            probes++
            return Promise.resolve(rate <= limit)
          })
          expect(met).toBeLessThanOrEqual(limit)
          expect(failed).toBeGreaterThan(limit)
          expect(failed! / met!).toBeLessThanOrEqual(1.05)
          expect(probes).toBeLessThanOrEqual(24)
        },
      ),
    )
  })

  it('moves down from a rate that was met by luck', async () => {
    let asked = 0
    // Only the first time at each rate is lucky.
    const seen = new Set<number>()
    const { met, failed } = await searchRate(100, (rate) => {
      asked++
      const lucky = rate < 300 && !seen.has(rate)
      seen.add(rate)
      return Promise.resolve(rate < 200 || lucky)
    })
    expect(met).toBeLessThan(300)
    expect(failed).toBeLessThan(300)
    expect(asked).toBeLessThanOrEqual(24)
  })

  it('gives up where nothing meets the objective', async () => {
    const asked: number[] = []
    const none = (rate: number) => {
      asked.push(rate)
      return Promise.resolve(false)
    }
    expect(await searchRate(1000, none)).toMatchObject({ met: null })
    // A window that carries a p99 takes 400 s at one request per second.
    expect(Math.min(...asked)).toBeGreaterThan(40)
    expect(asked.length).toBeLessThan(10)
  })
})

const outcome = (overrides: Partial<OpenOutcome> = {}): OpenOutcome => ({
  windowSeconds: 2,
  offeredRps: 200,
  achievedRps: 200,
  latencyUs: { count: 400, mean: 21_000, p50: 20_000, p95: 25_000, p99: 30_000, p999: null, max: 40_000 },
  histogram: '',
  requests: { sent: 400, done: 400, non2xx: 0, errors: 0, timeouts: 0, lost: 0, inFlight: 0 },
  latenessUs: { p50: 500, p99: 2000, max: 3000 },
  underWay: { atOpen: 4, atClose: 5 },
  generatorCpu: 0.1,
  errorSamples: [],
  statusCounts: { 200: 400 },
  ...overrides,
})
const p99 = (ms: number) => ({ percentile: 'p99' as const, limitUs: ms * 1000 })

describe('judgeRate', () => {
  it('holds p99 against the objective', () => {
    expect(judgeRate(outcome(), p99(50))).toEqual({ met: true, why: null, believed: true })
    expect(judgeRate(outcome(), p99(25))).toMatchObject({
      met: false,
      why: 'p99 was 30.0 ms',
      believed: true,
    })
    const few = outcome({ latencyUs: { ...outcome().latencyUs, p99: null } })
    expect(judgeRate(few, p99(50))).toMatchObject({ met: false, why: 'too few requests for p99' })
  })

  it('calls a growing queue and failures by their names, without an objective too', () => {
    const queue = outcome({ achievedRps: 150, underWay: { atOpen: 10, atClose: 110 } })
    expect(judgeRate(queue, null).why).toMatch(/only 150 of 200 .* the queue grew by 100/)
    const failing = outcome({ requests: { ...outcome().requests, done: 390, lost: 10 } })
    expect(judgeRate(failing, null).why).toBe('10 of 400 requests failed (0 timed out)')
  })

  it('blames the generator for what it may have caused itself, never for what was met all the same', () => {
    const late = { latenessUs: { p50: 20_000, p99: 90_000, max: 100_000 } }
    expect(judgeRate(outcome(late), p99(50)).met).toBe(true)
    expect(judgeRate(outcome(late), p99(25))).toMatchObject({ met: false, believed: false })
  })
})
