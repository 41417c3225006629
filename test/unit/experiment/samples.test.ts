import { describe, expect, it } from 'vitest'
import { bothTogether, pairedLogRatios, throughputs, withStandIns } from '../../../src/experiment/samples.js'
import type { Trial } from '../../../src/result/trial.js'

/** As much of a trial as is looked at. */
function trial(block: number, throughputRps: number, start?: number): Trial {
  const validity = { ok: true, reasons: [], warnings: [] }
  const told = start === undefined ? {} : { start }
  return { block, throughputRps, validity, ...told } as unknown as Trial
}

describe('pairs', () => {
  it('are made within blocks, in the order of the blocks', () => {
    const a = [trial(1, 200), trial(0, 100), trial(2, 50)]
    const b = [trial(0, 100), trial(1, 100), trial(3, 1)]
    expect(pairedLogRatios(a, b)).toEqual([0, Math.log(2)])
  })

  it('of one start of the servers count once, as their mean', () => {
    const a = [trial(0, 100, 0), trial(1, 400, 0), trial(2, 200, 1)]
    const b = [trial(0, 100, 0), trial(1, 100, 0), trial(2, 100, 1)]
    const ratios = pairedLogRatios(a, b)
    expect(ratios).toHaveLength(2)
    expect(ratios[0]).toBeCloseTo(Math.log(2))
    expect(ratios[1]).toBeCloseTo(Math.log(2))
  })
})

it('a twin stands in where the own trial is not believed', () => {
  const doubted = { ...trial(1, 300), validity: { ok: false, reasons: [], warnings: [] } }
  const own = [trial(0, 100), doubted, trial(2, 500)]
  const twins = [trial(0, 1), trial(1, 320), { ...trial(2, 2), validity: doubted.validity }]
  expect(withStandIns(own, twins).map(({ throughputRps }) => throughputRps)).toEqual([100, 320, 500])
  expect(withStandIns([doubted], [])).toEqual([doubted])
  // Where both are believed, their geometric mean is what is known.
  expect(bothTogether(own, twins).map(({ throughputRps }) => throughputRps)).toEqual([10, 320, 500])
})

it('are compared at one speed of the machine where that is known of both', () => {
  const moved = { ...trial(0, 100), levelRps: 200 }
  expect(pairedLogRatios([moved], [{ ...trial(0, 100), levelRps: 100 }])).toEqual([Math.log(2)])
  expect(pairedLogRatios([moved], [trial(0, 100)])).toEqual([0])
  expect(bothTogether([moved], [{ ...trial(0, 400), levelRps: 50 }])).toMatchObject([
    { throughputRps: 200, levelRps: 100 },
  ])
  expect(bothTogether([moved], [trial(0, 400)])[0]).not.toHaveProperty('levelRps')
})

it('throughputs are those of the trials, or of the starts where there are several', () => {
  expect(throughputs([trial(0, 100), trial(1, 300)])).toEqual([100, 300])
  expect(throughputs([trial(0, 100, 0), trial(1, 300, 0), trial(2, 500, 1)])).toEqual([200, 500])
})
