import { describe, expect, it } from 'vitest'
import { findLeak, isLeaking as isLeakingOf } from '../../../src/advisor/leak.js'
import type { Trial } from '../../../src/result/trial.js'
import { server, trial } from '../../helpers/trials.js'

/** Trials of one server, each of 1000 requests, with this PSS after each. */
const trials = (...pss: number[]): Trial[] =>
  pss.map((pssBytes, id) => ({
    ...trial({ server: server({ pssBytes }), answers: 1000 }),
    ...{ phase: 'confirmation' as const, block: id, target: 'sync-2', id },
  }))

const isLeaking = (some: readonly Trial[]) => isLeakingOf(some, true)

describe('isLeaking', () => {
  it('does not know before a server has had as many trials as it takes to tell', () => {
    expect(isLeaking([])).toBeNull()
    expect(isLeaking(trials(50e6, 150e6, 250e6, 350e6))).toBeNull()
    expect(isLeaking(trials(50e6, 150e6, 250e6, 350e6, 450e6))).toBe(true)
    expect(isLeaking(trials(50e6, 60e6, 61e6, 60e6, 61e6))).toBe(false)
  })

  it('is none of servers that are started anew for each trial: what one leaves behind is bounded', () => {
    expect(isLeakingOf(trials(50e6, 60e6), false)).toBe(false)
    expect(isLeakingOf(trials(50e6, 60e6), true)).toBeNull()
  })

  it('does not add up trials of several servers for it', () => {
    const two = trials(50e6, 60e6, 61e6).flatMap((one) => [
      one,
      { ...one, target: 'sync-5', id: one.id + 10 },
    ])
    expect(isLeaking(two)).toBeNull()
  })
})

describe('findLeak', () => {
  it('does not join the sweep to a server that has ended', () => {
    const race = trials(50e6, 400e6, 800e6)
    const sweep = trials(60e6, 160e6, 260e6, 360e6, 460e6).map((one) => ({
      ...{ ...one, phase: 'sweep' as const, block: null, start: 2, id: one.id + 10 },
    }))
    expect(findLeak([...race, ...sweep])).toMatchObject({ bytesPerRequest: 100_000 })
  })

  it('takes no heap that climbs back with the clients of the sweep for one', () => {
    // As it was measured of an app with megabytes of garbage a request, for which 431 KiB a request were reported.
    const confirmed = trials(385e6, 544e6, 435e6, 431e6, 694e6, 429e6, 408e6, 447e6)
    const sweep = trials(446e6, 433e6, 497e6, 590e6, 711e6).map((one) => ({
      ...{ ...one, phase: 'sweep' as const, block: null, id: one.id + 10 },
    }))
    expect(findLeak([...confirmed, ...sweep])).toBeNull()
  })

  it('takes trials in the order in which they ran, by whatever they are listed', () => {
    const steady = trials(50e6, 100e6, 150e6, 200e6, 250e6, 300e6)
    // As a race lists them: those of the rule, and then those of its twin in the same blocks.
    const listed = [...steady.filter(({ id }) => id % 2 === 0), ...steady.filter(({ id }) => id % 2 === 1)]
    expect(findLeak(listed)).toEqual(findLeak(steady))
    expect(findLeak(listed)?.bytesPerRequest).toBeCloseTo(50_000)
  })
})
