import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planRateTime, planTime } from '../../../src/advisor/time-plan.js'

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
        if (confirmationSeconds > 0) expect(raceSeconds).toBeGreaterThanOrEqual(3 * 4 * trialSeconds)
        if (sweepSeconds > 0) expect(confirmationSeconds).toBeGreaterThan(0)
      }),
    )
  })

  it('in 80 s with trials of 1.4 s confirms in six blocks of four and still sweeps', () => {
    const { raceSeconds, confirmationSeconds, sweepSeconds } = planTime(80, SMALL)
    expect(confirmationSeconds).toBeGreaterThan(6 * 3.5 * 1.4)
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
  expect(slow.raceSeconds).toBeGreaterThanOrEqual(3 * 5 + 3 * 4 * 1.4)
  expect(slow.confirmationSeconds).toBeGreaterThanOrEqual(2.5 * 5 + 3 * 3.5 * 1.4)
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
