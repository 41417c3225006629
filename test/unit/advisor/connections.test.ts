import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectionLadder, readSweep } from '../../../src/advisor/connections.js'
import { capacityOf, loopsOf } from '../../../src/result/configuration.js'
import { configurations } from '../../helpers/arbitraries.js'

const ASYNC_TWO = { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 } as const

/** X = min(c / R, N / C), whose knee is N R / C. */
const points = (ladder: readonly number[], residenceMs: number, mostRps: number) =>
  ladder.map((connections) => {
    const throughputRps = Math.min((connections / residenceMs) * 1000, mostRps)
    return {
      connections,
      throughputRps,
      meanUs: (connections / throughputRps) * 1e6,
      p99Us: null,
      believed: true,
    }
  })

describe('connectionLadder', () => {
  it('rises, is not longer than asked for, and covers the predicted knee', () => {
    const knees = fc.option(fc.double({ min: 1, max: 2000, noNaN: true }))
    const limits = fc.option(fc.integer({ min: 64, max: 1_000_000 }))
    fc.assert(
      fc.property(configurations, knees, fc.integer({ min: 4, max: 9 }), limits, (one, knee, most, limit) => {
        const ladder = connectionLadder(one, knee, most, limit)
        expect(ladder.length).toBeLessThanOrEqual(most)
        // Strictly: a point that is measured twice would be one less.
        for (const [at, next] of ladder.slice(1).entries()) expect(next).toBeGreaterThan(ladder[at]!)
        expect(ladder[0]).toBeGreaterThanOrEqual(1)
        const last = ladder.at(-1)!
        const far = Math.max(knee ?? 1, loopsOf(one))
        const held = one.workerClass === 'async' ? capacityOf(one) : Infinity
        expect(last).toBeLessThanOrEqual(Math.min(1.5 * far <= 512 ? 512 : 2048, Math.max(2, held)))
        if (limit !== null) expect(last).toBeLessThanOrEqual(limit / 4)
        else if (4 * far <= Math.min(512, held)) expect(last).toBeGreaterThanOrEqual(4 * far)
        else expect(last).toBeGreaterThanOrEqual(Math.min(1.5 * far, 2048, held))
        // A capped ladder still shows both asymptotes.
        if (last > 16) expect(last / ladder[0]!).toBeGreaterThanOrEqual(8)
      }),
    )
  })
})

it('follows a far knee with as many points, as far as descriptors allow', () => {
  expect(connectionLadder(ASYNC_TWO, 300, 5, null).at(-1)).toBe(512)
  expect(connectionLadder(ASYNC_TWO, 600, 5, null)).toEqual([64, 128, 256, 512, 1024])
  expect(connectionLadder(ASYNC_TWO, 600, 5, 2400).at(-1)).toBe(600)
  expect(connectionLadder({ ...ASYNC_TWO, workers: 4 }, 9000, 5, null).at(-1)).toBe(2048)
  // What the loops do not take in waits in the backlog, and is never answered.
  expect(connectionLadder(ASYNC_TWO, 9000, 5, null).at(-1)).toBe(2000)
})

it('has as many points as asked for where the lowest steps round to the same number', () => {
  expect(connectionLadder({ ...ASYNC_TWO, workers: 1 }, 1, 6, null)).toEqual([1, 2, 3, 4, 5, 8])
})

describe('readSweep', () => {
  it('finds the knee N R / C, where latency holds, and what follows for the settings', () => {
    const ladder = connectionLadder(ASYNC_TWO, 8, 9, null)
    const { kneeMeasured, latencyHoldsTo, advice, note } = readSweep(points(ladder, 8, 1000), ASYNC_TWO, 8)
    expect(kneeMeasured).toBeCloseTo(8, 6)
    expect(latencyHoldsTo).toBeGreaterThanOrEqual(8)
    expect(latencyHoldsTo).toBeLessThanOrEqual(16)
    expect(advice).toEqual({ workerConnections: 16, backlog: 1024, balancerLimit: 16 })
    expect(note).toMatch(/at most twice the shortest mean of this sweep \(8 ms with \d+ connections\)$/)
    expect(note).toContain('stops growing at 8 requests under way (predicted from the probe: 8, 0 % off)')
  })

  it('lets one lucky window past the knee move it by nothing', () => {
    const exact = points([2, 4, 8, 16, 32, 64], 8, 1000)
    const lucky = exact.map((point) => ({
      ...point,
      throughputRps: point.throughputRps * (point.connections === 32 ? 1.3 : 1),
    }))
    expect(readSweep(lucky, ASYNC_TWO, 8).kneeMeasured).toBeCloseTo(8, 6)
  })

  it('does not say that throughput stops where it goes on growing slowly', () => {
    // Workers that share cores fill up one after the other.
    const round = [2, 4, 8, 16, 32, 64, 128, 256].map((connections) => {
      const throughputRps = (1000 * connections) / (8 + connections)
      return {
        connections,
        throughputRps,
        meanUs: (connections / throughputRps) * 1e6,
        p99Us: null,
        believed: true,
      }
    })
    const { note, kneeMeasured } = readSweep(round, ASYNC_TWO, 8)
    expect(kneeMeasured).toBeGreaterThan(8)
    expect(note).toMatch(
      /^the knee is at 8.9 .*; beyond it throughput still gains \d+ % on that with 16 connections;/,
    )
    expect(note).not.toContain('stops')
  })

  it('names no knee that it has not seen', () => {
    const seen = readSweep(points([1, 2, 4, 8], 20, 1e6), ASYNC_TWO, 4000)
    const { kneeMeasured, advice, adviceAtLeast, note } = seen
    expect(kneeMeasured).toBeNull()
    expect(advice).toBeNull()
    expect(adviceAtLeast).toEqual({ workerConnections: 16, backlog: 512, balancerLimit: 16 })
    expect(note).toContain('still grows at 8 connections')
  })

  it('takes the end of a ladder for no knee, however little its steps bring', () => {
    // A real run: 16 ms of waiting, and a knee at 1,523 where 512 connections may be opened.
    const real: [number, number, number][] = [
      ...([
        [380, 17748, 21410],
        [394, 17928, 21976],
        [409, 19075, 21441],
      ] as [number, number, number][]),
      ...([
        [441, 20679, 21325],
        [475, 21716, 21872],
        [512, 24242, 21120],
      ] as [number, number, number][]),
    ]
    const seen = real.map(([connections, throughputRps, meanUs]) => ({
      ...{ connections, throughputRps, meanUs, p99Us: null, believed: true },
    }))
    const { kneeMeasured, kneeBeyond, advice, note } = readSweep(seen, ASYNC_TWO, 1523)
    expect(kneeMeasured).toBeNull()
    expect(kneeBeyond).toBe(512)
    expect(advice).toBeNull()
    expect(note).toContain('still grows at 512 connections')
    expect(note).toContain('predicted from the probe: 1523')
  })

  it('lets in no more than carry most, where throughput falls beyond that', () => {
    const collapsing = points([2, 4, 8, 16, 32, 64], 8, 1000).map((point) => {
      const throughputRps = point.throughputRps / (1 + (point.connections / 16) ** 2)
      return { ...point, throughputRps, meanUs: (point.connections / throughputRps) * 1e6 }
    })
    const { advice, fallsBeyond, note } = readSweep(collapsing, ASYNC_TWO, 8)
    expect(fallsBeyond).toBe(8)
    expect(advice).toMatchObject({ workerConnections: 4, balancerLimit: 8 })
    expect(note).toMatch(/and falls beyond 8 connections, by 9\d % at 64;/)
    expect(readSweep(points([2, 4, 8, 16, 32, 64], 8, 1000), ASYNC_TWO, 8)).not.toHaveProperty('fallsBeyond')
  })

  it('says so where too few trials may be believed', () => {
    const spoiled = points([1, 2, 4, 8, 16], 8, 1000).map((point) => ({ ...point, believed: false }))
    expect(readSweep(spoiled, ASYNC_TWO, 8)).toMatchObject({
      kneeMeasured: null,
      note: expect.stringContaining('0 of 5'),
    })
    expect(readSweep([], ASYNC_TWO, 8).note).toBe('not varied: the time was over')
  })
})
