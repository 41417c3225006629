import { describe, expect, it } from 'vitest'
import { meanPieceUs } from '../../../src/profiles/speed/speedometer.js'
import { sharesCores } from '../../../src/profiles/speed/topology.js'
import { Track } from '../../../src/profiles/speed/track.js'

describe('a track of timed pieces', () => {
  it('gives those that began between two instants', () => {
    const track = new Track(new SharedArrayBuffer(Track.bytes))
    for (let atMs = 0; atMs < 10; atMs++) track.add(atMs, 100 + atMs)
    expect(track.between(3, 6)).toEqual([103, 104, 105])
    expect(track.between(100, 200)).toEqual([])
  })

  it('keeps the latest', () => {
    const track = new Track(new SharedArrayBuffer(Track.bytes))
    for (let atMs = 0; atMs < 5000; atMs++) track.add(atMs, atMs)
    expect(track.between(0, 1000)).toEqual([])
    expect(track.between(4998, 6000)).toEqual([4998, 4999])
  })
})

it('the piece of a window is the geometric mean of what it took on each CPU', () => {
  expect(meanPieceUs([[100, 100], [400]])).toBeCloseTo(200)
  // A neighbour on the core counts, an interruption does not.
  expect(meanPieceUs([[100, 100, 160]])).toBeCloseTo(120)
  expect(meanPieceUs([[100, 100, 100, 9000]])).toBeCloseTo(100)
})

describe('CPUs of one core', () => {
  const pairs = (cpu: number) => `${cpu % 2},${(cpu % 2) + 2}`

  it('are told by what the kernel lists', () => {
    expect(sharesCores([0, 2], pairs)).toBe(true)
    expect(sharesCores([0, 1], pairs)).toBe(false)
    // Where it does not tell, they may.
    expect(sharesCores([0, 1], () => null)).toBe(true)
    expect(sharesCores([0, 1], () => '0-1')).toBe(true)
  })
})
