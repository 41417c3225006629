import { describe, expect, it } from 'vitest'
import { atOneSpeed } from '../../../src/experiment/host-speed.js'
import { createRandom } from '../../../src/experiment/random.js'
import { pairedLogRatios, type LevelTrial } from '../../../src/experiment/samples.js'
import { meanInterval } from '../../../src/experiment/statistics.js'
import type { EnvironmentOutcome, Trial } from '../../../src/result/trial.js'
import { normal } from '../../helpers/fakes.js'
import { trial } from '../../helpers/trials.js'

const QUIET: EnvironmentOutcome = {
  ...{ stealShare: 0, busyCores: 2, foreignCores: 0, throttledShare: null },
  ...{ cpuPressure: null, memoryPressure: null, listenDrops: null },
}

function timed(block: number, throughputRps: number, pieceUs: number, busyCores = 2): Trial {
  return trial({ block, throughputRps, environment: { ...QUIET, busyCores, pieceUs } })
}

interface World {
  blocks: number
  /** ln of what each label carries beside the first. */
  effects: readonly number[]
  /** Standard deviation of ln speed, and of everything else. */
  speed: number
  rest: number
  elasticity?: number
}

/** Trials of labels `0`, `1`, … on a machine whose speed changes from window to window; the meter reads it with some error. */
function measured(
  seed: number,
  { blocks, effects, speed, rest, elasticity = 1 }: World,
): Map<string, Trial[]> {
  const random = createRandom(seed)
  return new Map(
    effects.map((effect, label) => [
      String(label),
      Array.from({ length: blocks }, (_, block) => {
        const slowness = speed * normal(random)
        const throughputRps = 200 * Math.exp(effect - elasticity * slowness + rest * normal(random))
        return timed(block, throughputRps, 400 * Math.exp(slowness + 0.02 * normal(random)))
      }),
    ]),
  )
}

const of = (trials: ReadonlyMap<string, readonly LevelTrial[]>, label: string) => trials.get(label) ?? []

describe('throughput at one speed of the machine', () => {
  it('tells configurations apart that the wandering speed had hidden, and its intervals hold the truth', () => {
    const effect = Math.log(1.08)
    const world = { blocks: 6, effects: [0, effect, 0.02, -0.1], speed: 0.1, rest: 0.03 }
    const runs = Array.from({ length: 400 }, (_, seed) => measured(seed, world))
    const intervals = runs.map((trials) => {
      const { trials: moved } = atOneSpeed(trials, 2)
      return {
        raw: meanInterval(pairedLogRatios(of(trials, '1'), of(trials, '0'))),
        corrected: meanInterval(pairedLogRatios(of(moved, '1'), of(moved, '0'))),
      }
    })
    const share = (holds: (one: (typeof intervals)[number]) => boolean) =>
      intervals.filter(holds).length / intervals.length
    expect(share(({ raw }) => raw.low! > 0)).toBeLessThan(0.35)
    expect(share(({ corrected }) => corrected.low! > 0)).toBeGreaterThan(0.8)
    expect(share(({ corrected: { low, high } }) => low! < effect && effect < high!)).toBeGreaterThan(0.93)
    const middle = intervals.reduce((sum, { corrected }) => sum + corrected.mean, 0) / intervals.length
    expect(middle).toBeCloseTo(effect, 2)
  })

  it('says how much the speed wandered, and what a per cent of it was worth', () => {
    const { summary } = atOneSpeed(measured(1, { blocks: 30, effects: [0, 0], speed: 0.1, rest: 0.01 }), 2)
    expect(summary?.deviation).toBeGreaterThan(0.07)
    expect(summary?.deviation).toBeLessThan(0.13)
    expect(summary?.elasticity).toBeGreaterThan(0.9)
    expect(summary?.elasticity).toBeLessThan(1.05)
  })

  it('leaves alone what does not depend on it', () => {
    const world = { blocks: 6, effects: [0, 0.1], speed: 0.1, rest: 0.03, elasticity: 0 }
    const changed = Array.from({ length: 200 }, (_, seed) => measured(seed, world)).filter(
      (trials) => atOneSpeed(trials, 2).summary !== undefined,
    )
    // One in a hundred by chance.
    expect(changed.length).toBeLessThanOrEqual(8)
  })

  it('does not move a throughput that grows where the machine is slow: something else is at work', () => {
    const trials = measured(1, { blocks: 10, effects: [0, 0], speed: 0.1, rest: 0.01, elasticity: -1 })
    expect(atOneSpeed(trials, 2)).toEqual({ summary: undefined, trials })
  })

  it('leaves out trials that kept a core idle, were not believed, or were not timed', () => {
    const trials = measured(1, { blocks: 8, effects: [0, 0], speed: 0.1, rest: 0.01 })
    const idle = timed(0, 50, 900, 1)
    const doubted = { ...timed(1, 50, 900), validity: { ok: false, reasons: [], warnings: [] } }
    const untimed = trial({ block: 2, throughputRps: 50, environment: QUIET })
    trials.set('2', [idle, doubted, untimed])
    const { summary, trials: moved } = atOneSpeed(trials, 2)
    expect(summary).toBeDefined()
    expect(of(moved, '2')).toEqual([idle, doubted, untimed])
    expect(of(moved, '0').every(({ levelRps }) => levelRps !== undefined)).toBe(true)
    // What made both of them slow cancels between figures as they were, not between one as it was and one that was moved.
    const first = of(moved, '0')[0]!
    expect(pairedLogRatios(of(moved, '2'), of(moved, '0'))[0]).toBe(Math.log(50 / first.throughputRps))
  })

  it('does so where all cores are idle in part, whoever used most of them', () => {
    const trials = measured(1, { blocks: 8, effects: [0, 0], speed: 0.1, rest: 0.01 })
    expect(atOneSpeed(trials, 4)).toEqual({ summary: undefined, trials })
  })

  it('moves nothing where a label itself makes the machine slow', () => {
    const trials = measured(1, { blocks: 12, effects: [0, 0], speed: 0.05, rest: 0.01 })
    const slow = of(trials, '1').map((one) => timed(one.block!, one.throughputRps, 600))
    const own = new Map([...trials, ['1', slow]])
    expect(atOneSpeed(own, 2)).toEqual({ summary: undefined, trials: own })
  })

  it('seldom takes chance for the doing of a label', () => {
    const world = { blocks: 6, effects: [0, 0, 0, 0], speed: 0.1, rest: 0.02 }
    const refused = Array.from({ length: 200 }, (_, seed) => measured(seed, world)).filter(
      (trials) => atOneSpeed(trials, 2).summary === undefined,
    )
    expect(refused.length).toBeLessThanOrEqual(8)
  })

  it('leaves everything as it is where nobody timed the CPUs, or too few trials were timed', () => {
    const untimed = new Map([['a', [trial({ block: 0 }), trial({ block: 1 })]]])
    expect(atOneSpeed(untimed, 2)).toEqual({ summary: undefined, trials: untimed })
    const few = measured(1, { blocks: 3, effects: [0, 0], speed: 0.1, rest: 0.001 })
    expect(atOneSpeed(few, 2)).toEqual({ summary: undefined, trials: few })
    const timedTrials = measured(1, { blocks: 8, effects: [0, 0], speed: 0.1, rest: 0.01 })
    expect(atOneSpeed(timedTrials, null)).toEqual({ summary: undefined, trials: timedTrials })
  })
})
