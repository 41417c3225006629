import { describe, expect, it } from 'vitest'
import { backgroundOf, disturbEachOther, withoutBackground } from '../../../src/advisor/background.js'
import { ASYNC_ONE, server, trial } from '../../helpers/trials.js'

describe('work in the background', () => {
  it('is more than what any idle worker does', () => {
    expect(backgroundOf({ cpuCores: null, loopUtilization: 0.3 })).toBeNull()
    expect(backgroundOf({ cpuCores: 0.006, loopUtilization: 0.005 })).toBeNull()
    expect(backgroundOf({ cpuCores: 0.2, loopUtilization: null })).toEqual({ cores: 0.2, loopShare: null })
  })

  it('is taken off what a request took, as far as the server tells, and leaves nothing below zero', () => {
    const used = { cpuCores: 0.3, loopUtilization: 0.25 }
    const measured = trial({
      server: server({ ...used, cpuSecondsPerRequest: 0.003, loopSecondsPerRequest: 0.0025 }),
    })
    const of = (cores: number, loopShare: number | null) =>
      withoutBackground(measured, { cores, loopShare }).server
    expect(withoutBackground(measured, null)).toBe(measured)
    expect(of(0.2, 0.2)!.cpuSecondsPerRequest).toBeCloseTo(0.001, 9)
    expect(of(0.2, 0.2)!.loopSecondsPerRequest).toBeCloseTo(0.0005, 9)
    expect(of(0.2, null)!.loopSecondsPerRequest).toBe(0.0025)
    expect(of(0.4, 0.4)).toMatchObject({ cpuSecondsPerRequest: 0, loopSecondsPerRequest: 0 })
    const blind = { ...measured, server: null }
    expect(withoutBackground(blind, { cores: 0.2, loopShare: 0.2 })).toBe(blind)
  })

  it('makes servers disturb each other where all of them take a part of the machine', () => {
    const five = [ASYNC_ONE, { ...ASYNC_ONE, workers: 4 }]
    const background = { cores: 0.03, loopShare: null }
    expect(disturbEachOther(five, null, 2)).toBe(false)
    expect(disturbEachOther(five, background, 2)).toBe(false)
    expect(disturbEachOther(five, { ...background, cores: 0.05 }, 2)).toBe(true)
    expect(disturbEachOther(five, { ...background, cores: 0.05 }, 16)).toBe(false)
  })
})
