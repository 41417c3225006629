import { describe, expect, it } from 'vitest'
import { observe as observeOn } from '../../../src/advisor/observed.js'
import type { Trial } from '../../../src/result/trial.js'
import { server, trial } from '../../helpers/trials.js'

const observe = (trials: readonly Trial[]) => observeOn(trials, 2)

/** Trials of one server, each of 1000 requests, with this PSS after each. */
const trials = (pss: number[], target = 'sync-2'): Trial[] =>
  pss.map((pssBytes, block) => ({
    ...trial({ server: server({ pssBytes }), answers: 1000 }),
    ...{ phase: 'race' as const, block, target },
  }))

describe('observe', () => {
  it('finds memory that grows with every request, on the server where it is steepest', () => {
    const leaking = [100e6, 110e6, 120e6, 130e6, 140e6, 150e6]
    const { leak } = observe([...trials(leaking), ...trials([50e6, 51e6, 51e6, 52e6, 53e6], 'sync-1')])
    expect(leak).toEqual({ target: 'sync-2', bytesPerRequest: 10_000, requests: 4000 })
  })

  it('does not take a heap that settles, or goes up and down, for a leak', () => {
    expect(observe(trials([50e6, 90e6, 90.1e6, 90e6, 90.2e6, 90.1e6])).leak).toBeNull()
    expect(observe(trials([50e6, 80e6, 60e6, 90e6, 65e6, 95e6])).leak).toBeNull()
    expect(observe(trials([50e6, 80e6, 110e6])).leak).toBeNull()
    expect(observe([]).leak).toBeNull()
  })

  it('does not take the young generation for a leak: too little, or less and less', () => {
    expect(observe(trials([50e6, 60e6, 63e6, 66e6, 70e6, 74e6])).leak).toBeNull()
    expect(observe(trials([50e6, 60e6, 110e6, 140e6, 150e6, 155e6])).leak).toBeNull()
    const steady = (step: number) => Array.from({ length: 12 }, (_, index) => 50e6 + step * index)
    expect(observe(trials(steady(2e6))).leak).toBeNull()
    expect(observe(trials(steady(4e6))).leak?.bytesPerRequest).toBeCloseTo(4000)
  })

  it('does not add up what two starts of a configuration answered', () => {
    const twice = [...trials([100e6, 101e6]), ...trials([100e6, 130e6, 160e6])].map((one, index) => ({
      ...one,
      phase: index < 2 ? ('race' as const) : ('confirmation' as const),
    }))
    expect(observe(twice).leak).toBeNull()
  })

  it('does not take buffers of ever more clients for a leak', () => {
    const clients = [50, 100, 200, 400, 800]
    const grown = (bytesEach: number) =>
      clients.map((connections, index) => ({
        ...trial(
          { server: server({ pssBytes: 60e6 + bytesEach * connections }), answers: 1000 },
          connections,
        ),
        ...{ phase: 'sweep' as const, block: null, target: 'async-2', id: index },
      }))
    expect(observe(grown(30_000)).leak).toBeNull()
    expect(observe(grown(300_000)).leak?.target).toBe('async-2')
  })

  it('does not take for a leak that neighbours are gone who shared the code', () => {
    const shares = [60e6, 75e6, 90e6, 105e6, 120e6, 135e6]
    const own = (aloneBytes: number) => (one: Trial) => ({ ...one, server: { ...one.server!, aloneBytes } })
    expect(observe(trials(shares)).leak).not.toBeNull()
    expect(observe(trials(shares).map(own(150e6))).leak).toBeNull()
    const growing = trials(shares).map((one, index) => own(150e6 + index * 15e6)(one))
    expect(observe(growing).leak?.bytesPerRequest).toBe(15_000)
  })

  it('goes on with the server of the race in the sweep: three points of each are six', () => {
    const race = trials([50e6, 150e6, 200e6])
    const sweep = trials([250e6, 300e6, 350e6]).map((one) => ({
      ...one,
      phase: 'sweep' as const,
      block: null,
    }))
    expect(observe(race).leak).toBeNull()
    expect(observe([...race, ...sweep]).leak?.bytesPerRequest).toBeCloseTo(50_000)
    const anew = sweep.map((one) => ({ ...one, server: server({ pssBytes: one.server!.pssBytes! - 240e6 }) }))
    expect(observe([...race, ...anew]).leak).toBeNull()
  })

  it('counts connections that clients had to open again, where classes keep them', () => {
    const closing = trial({ connects: 1000, answers: 1000 })
    expect(observe([closing]).reopened).toEqual({ share: 0.99, connects: 1000, clients: 10, answers: 1000 })
    expect(observe([trial({ connects: 10, answers: 1000 })]).reopened?.share).toBe(0)
    const sync = { ...closing.configuration, workerClass: 'sync' as const }
    expect(observe([{ ...closing, configuration: sync }]).reopened).toBeNull()
  })

  it('does not blame the app for connections that a full server closes, so that others get their turn', () => {
    const closing = trial({ connects: 1000, answers: 1000 })
    const threaded = { ...closing.configuration, workerClass: 'threaded' as const, workers: 2, threads: 2 }
    expect(observe([{ ...closing, configuration: threaded }]).reopened).toBeNull()
    const room = { ...threaded, threads: 5 }
    expect(observe([{ ...closing, configuration: room }]).reopened?.share).toBe(0.99)
    const few = { ...closing.configuration, workerConnections: 4 }
    expect(observe([{ ...closing, configuration: few }]).reopened).toBeNull()
  })

  it('names the gentlest load at which an app fails, unless it fails one client too', () => {
    const failing = (connections: number) =>
      trial(
        {
          requests: { ...trial().requests, non2xx: 600 },
          statusCounts: { 200: 400, 503: 600 },
        },
        connections,
      )
    const found = observe([trial(), failing(64), failing(16)]).failing
    expect(found).toMatchObject({ connections: 16, share: 0.6, how: ['503'] })
    expect(observe([failing(1), failing(16)]).failing).toBeNull()
    expect(observe([trial()]).failing).toBeNull()
  })
})
