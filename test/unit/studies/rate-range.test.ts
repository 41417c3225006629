import { describe, expect, it } from 'vitest'
import { isBeyond, rateRange } from '../../../src/studies/rate-range.js'
import type { Measured } from '../../../src/advisor/decide.js'
import { workload } from '../../helpers/arbitraries.js'
import { async } from '../../helpers/documents.js'
import { fakeMachine } from '../../helpers/fakes.js'

const machine = fakeMachine({ effectiveCpus: 2, openFilesLimit: null })
const at = (value: number): Measured => ({
  ...{ key: 'async-2x1000', configuration: async(2), proposedBy: [], connections: 64, control: false },
  ...{ latencyUs: { p50: null, p95: null, p99: null }, pssBytes: null, validTrials: 3, invalidReasons: [] },
  throughputRps: { value, low: null, high: null },
})
const computes = workload({ cpuMsPerRequest: 10, loopMsPerRequest: 10, waitMsPerRequest: 0 })
const waits = workload({ cpuMsPerRequest: 0.1, loopMsPerRequest: 0.1, waitMsPerRequest: 100 })

describe('the range in which a rate is searched', () => {
  it('is around what closed load reached, where that is about all that the model gives', () => {
    const range = rateRange(at(190), { workload: computes, machine })
    expect(range).toMatchObject({ lowest: 38, extraSteps: 0 })
    expect(range.highest).toBeCloseTo(209)
    expect(range.first).toBeCloseTo(Math.sqrt(38 * 209))
  })

  it('begins at what was reached and ends above the model where closed load did not fill it, as finely halved', () => {
    // 1,000 requests under way of 100 ms each are 9,990 a second.
    for (const [reached, extraSteps] of [
      [600, 2],
      [5000, 1],
      [60, 3],
    ] as const) {
      const range = rateRange(at(reached), { workload: waits, machine })
      expect(range).toMatchObject({ first: reached, extraSteps })
      expect(range.highest).toBeCloseTo(1.1 * 9990, -1)
      // As fine as the usual range is with five halvings.
      const factor = (range.highest / reached) ** (1 / 2 ** (5 + extraSteps - 1))
      expect(factor).toBeLessThan(1.061)
    }
  })

  it('is left out where a target is beyond twice the most that anything gives', () => {
    expect(isBeyond(450, at(190), { workload: computes, machine })).toBe(true)
    expect(isBeyond(350, at(190), { workload: computes, machine })).toBe(false)
    expect(isBeyond(450, at(190), { workload: waits, machine })).toBe(false)
  })
})
