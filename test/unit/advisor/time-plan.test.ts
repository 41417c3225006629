import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  planRateTime,
  planTime,
  secondsToSettleAll,
  settleSecondsFor,
} from '../../../src/advisor/time-plan.js'
import { ioDocument } from '../../helpers/documents.js'

const WORKLOAD = ioDocument().workload!
const SMALL = { trialSeconds: 1.4, startSeconds: 1.3 }

describe('planTime', () => {
  it('shares out exactly what is left, and never takes from a race of three blocks', () => {
    const seconds = fc.double({ min: 5, max: 600, noNaN: true })
    const trial = fc.double({ min: 0.8, max: 8, noNaN: true })
    fc.assert(
      fc.property(seconds, trial, (left, trialSeconds) => {
        const { raceSeconds, confirmationSeconds, sweepSeconds } = planTime(left, {
          trialSeconds,
          startSeconds: 1.3,
        })
        expect(raceSeconds + confirmationSeconds + sweepSeconds).toBeCloseTo(left, 6)
        expect(Math.min(raceSeconds, confirmationSeconds, sweepSeconds)).toBeGreaterThanOrEqual(0)
        if (confirmationSeconds > 0) {
          expect(raceSeconds).toBeGreaterThanOrEqual(4 * 1.3 + 3 * 4 * trialSeconds - 1e-9)
          expect(confirmationSeconds).toBeGreaterThanOrEqual(2 * 1.3 + 3 * 3 * trialSeconds - 1e-9)
        }
        if (sweepSeconds > 0) expect(confirmationSeconds).toBeGreaterThan(0)
      }),
    )
  })

  it('keeps the time of three blocks for all that were named, and for what runs today', () => {
    const plan = planTime(60, SMALL, 2, 7)
    if (plan.confirmationSeconds > 0) expect(plan.raceSeconds).toBeGreaterThanOrEqual(7 * (1.3 + 3 * 1.4))
    expect(planTime(50, SMALL, 2, 7).confirmationSeconds).toBe(0)
    expect(planTime(50, SMALL).confirmationSeconds).toBeGreaterThan(0)
    expect(planTime(80, SMALL, 2, 7).confirmationSeconds).toBeGreaterThanOrEqual(3 * 1.3 + 3 * 4 * 1.4)
  })

  it('in 80 s with trials of 1.4 s confirms in six blocks of four and still sweeps', () => {
    const { raceSeconds, confirmationSeconds, sweepSeconds } = planTime(80, SMALL)
    expect(confirmationSeconds).toBeGreaterThan(6 * 4 * 1.4)
    expect(raceSeconds).toBeGreaterThan(3 * 8 * 1.4)
    expect(sweepSeconds).toBeGreaterThan(5)
  })

  it('leaves out the sweep first, then the confirmation', () => {
    expect(planTime(40, SMALL)).toMatchObject({ sweepSeconds: 0 })
    expect(planTime(40, SMALL).confirmationSeconds).toBeGreaterThan(0)
    expect(planTime(25, SMALL)).toEqual({ raceSeconds: 25, confirmationSeconds: 0, sweepSeconds: 0 })
  })
})

it('gives slow starts their time: less is left to confirm in', () => {
  const slow = planTime(80, { ...SMALL, startSeconds: 5 })
  expect(slow.raceSeconds).toBeGreaterThanOrEqual(4 * 5 + 3 * 4 * 1.4 - 1e-9)
  expect(slow.confirmationSeconds).toBeGreaterThanOrEqual(2 * 5 + 3 * 3 * 1.4 - 1e-9)
})

describe('heaps that settle under load', () => {
  const workload = (kind?: 'gc-bound' | 'memory-bound') => ({
    ...WORKLOAD,
    ...(kind === undefined
      ? {}
      : {
          constraints: [{ kind, confidence: 'high', value: 1, limit: 1, observed: '', raise: '' } as const],
        }),
  })

  it('get a share of the time where the collector takes much of it, and nobody else gets any', () => {
    expect(settleSecondsFor(workload('gc-bound'), 75)).toBe(9)
    expect(settleSecondsFor(workload('gc-bound'), 600)).toBe(12)
    expect(settleSecondsFor(workload('gc-bound'), -3)).toBe(0)
    expect(settleSecondsFor(workload('memory-bound'), 75)).toBe(0)
    expect(settleSecondsFor(workload(), 75)).toBe(0)
  })

  it('get it from the confirmation, which has its blocks beside it or is left out', () => {
    const settled = planTime(80, { ...SMALL, settleSeconds: 9 })
    expect(settled.confirmationSeconds).toBeGreaterThanOrEqual(2 * (1.3 + 9) + 3 * 3 * 1.4)
    expect(settled.raceSeconds).toBeGreaterThanOrEqual(4 * 1.3 + 3 * 4 * 1.4)
    expect(planTime(50, { ...SMALL, settleSeconds: 9 }).confirmationSeconds).toBe(0)
  })

  it('get it in the race as well from that time on with which six blocks fit beside it', () => {
    const candidates = fc.integer({ min: 4, max: 8 })
    const trial = fc.double({ min: 0.8, max: 8, noNaN: true })
    fc.assert(
      fc.property(candidates, trial, fc.integer({ min: 1, max: 2 }), (count, trialSeconds, controls) => {
        const pace = { trialSeconds, startSeconds: 1.3 }
        const enough = secondsToSettleAll(count, pace, controls)
        const settleSeconds = settleSecondsFor(workload('gc-bound'), enough)
        expect(settleSeconds).toBe(12)
        const { raceSeconds, confirmationSeconds } = planTime(
          enough,
          { ...pace, settleSeconds },
          controls,
          count,
        )
        expect(raceSeconds).toBeGreaterThanOrEqual(count * (1.3 + 12 + 6 * trialSeconds) - 1e-9)
        expect(confirmationSeconds).toBeGreaterThanOrEqual(
          (controls + 2) * (1.3 + 12) + 6 * (controls + 3) * trialSeconds - 1e-9,
        )
      }),
    )
  })
})

describe('planRateTime', () => {
  it('leaves two searches of the fewest steps in a short run, and no sweep', () => {
    const { raceSeconds, confirmationSeconds, sweepSeconds } = planRateTime(33, SMALL)
    expect(raceSeconds + confirmationSeconds).toBeCloseTo(33)
    expect(confirmationSeconds).toBeGreaterThan(20)
    expect(sweepSeconds).toBe(0)
    expect(planRateTime(3, { ...SMALL, trialSeconds: 8 })).toEqual({
      raceSeconds: 3,
      confirmationSeconds: 0,
      sweepSeconds: 0,
    })
  })
})
