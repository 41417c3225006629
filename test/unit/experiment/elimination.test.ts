import { describe, expect, it, vi } from 'vitest'
import { clearlyWorse } from '../../../src/experiment/elimination.js'
import { createRandom, type Random } from '../../../src/experiment/random.js'
import { normal } from '../../helpers/fakes.js'

// Thousands of races: a second of computing, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const RACES = 2000
const BLOCKS = 6
const MARGIN = 0.03

/** ln X of each label in truth, and the SD of one trial of it. */
type Field = Record<string, { level: number; noise: number }>

/** Who is dropped after which block, when whoever leads in the blocks so far is what everybody is held against. */
function raceOf(field: Field, random: Random): Map<string, number> {
  const trials = new Map(Object.keys(field).map((label) => [label, [] as number[]]))
  const dropped = new Map<string, number>()
  const meanOf = (label: string) => {
    const own = trials.get(label)!
    return own.reduce((a, b) => a + b, 0) / own.length
  }
  for (let block = 1; block <= BLOCKS; block++) {
    const slow = 0.1 * normal(random)
    const left = Object.entries(field).filter(([label]) => !dropped.has(label))
    for (const [label, { level, noise }] of left)
      trials.get(label)!.push(level + slow + noise * normal(random))
    const leader = left.map(([label]) => label).reduce((a, b) => (meanOf(b) > meanOf(a) ? b : a))
    const best = trials.get(leader)!
    const rivals = left.map(([label]) => label).filter((label) => label !== leader)
    const pairs = new Map(
      rivals.map((label) => [label, trials.get(label)!.map((value, at) => value - best[at]!)]),
    )
    for (const label of clearlyWorse(pairs, block, MARGIN)) dropped.set(label, block)
  }
  return dropped
}

/** Share of the races in which this label is dropped, after any block or up to one. */
function shareDropped(field: Field, label: string, upTo = BLOCKS): number {
  let count = 0
  for (let seed = 1; seed <= RACES; seed++) {
    if ((raceOf(field, createRandom(seed)).get(label) ?? Infinity) <= upTo) count++
  }
  return count / RACES
}

const equals = (noise: number): Field =>
  Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((label) => [label, { level: 0, noise }]))

describe('clearlyWorse', () => {
  it('tells nothing of a single block, nor of a single rival in two', () => {
    expect(clearlyWorse(new Map([['a', [-1]]]), 1, MARGIN)).toEqual([])
    expect(clearlyWorse(new Map([['a', [-1, -1.01]]]), 2, MARGIN)).toEqual([])
    expect(clearlyWorse(new Map([['a', [-1, -1.01, -0.99]]]), 3, MARGIN)).toEqual(['a'])
  })

  it('uses a label that lacks a trial from its third pair on', () => {
    const others: [string, number[]][] = [
      ['b', [0, 0.01, 0]],
      ['c', [0.01, 0, 0]],
    ]
    expect(clearlyWorse(new Map([['a', [-1, -1.01]], ...others]), 3, MARGIN)).toEqual([])
    expect(clearlyWorse(new Map([['a', [-1, -1.01, -1]], ...others]), 4, MARGIN)).toEqual(['a'])
  })

  it.each([0.01, 0.03, 0.1])(
    'keeps each of six equals in at least 95 %% of the races: noise of %d',
    (noise) => {
      for (const label of ['a', 'f']) expect(shareDropped(equals(noise), label)).toBeLessThanOrEqual(0.05)
    },
  )

  it('keeps the best in at least 95 % where it is the most restless, or the only calm one', () => {
    for (const noise of [0.15, 0.3, 0.5]) {
      const restless = { ...equals(0.01), best: { level: 0.01, noise } }
      expect(shareDropped(restless, 'best')).toBeLessThanOrEqual(0.05)
    }
    const calm = { ...equals(0.15), best: { level: 0.01, noise: 0.01 } }
    expect(shareDropped(calm, 'best')).toBeLessThanOrEqual(0.05)
  })

  it('keeps what is a tenth below the best in at least 95 %', () => {
    const field = { ...equals(0.03), tenth: { level: -Math.log(1.1), noise: 0.03 } }
    expect(shareDropped(field, 'tenth')).toBeLessThanOrEqual(0.05)
  })

  it('drops what has two thirds of the throughput after two blocks, nearly always', () => {
    const field = { ...equals(0.02), slow: { level: Math.log(2 / 3), noise: 0.02 } }
    expect(shareDropped(field, 'slow', 2)).toBeGreaterThanOrEqual(0.9)
  })
})
