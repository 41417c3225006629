import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/experiment/random.js'
import { coldWarnings, stillRising, THOROUGH, warmUntilSteady } from '../../../src/experiment/warm-up.js'
import { normal } from '../../helpers/fakes.js'

const rising = [20, 50, 65, 75, 82, 88, 92, 95, 98, 100]
const flat = new Array<number>(10).fill(100)

function server(windows: number[][], longestUs: (number | null)[] = [200_000]) {
  let asked = 0
  const load = () => {
    const slices = windows[Math.min(asked, windows.length - 1)] ?? flat
    const max = longestUs[Math.min(asked, longestUs.length - 1)] ?? null
    asked++
    const throughputRps = slices.reduce((sum, count) => sum + count, 0)
    return Promise.resolve({ slices, throughputRps, latencyUs: { max } })
  }
  return { load, asked: () => asked }
}

describe('the warm-up', () => {
  it('lasts until the throughput no longer rises', async () => {
    const { load, asked } = server([rising, rising, flat, flat])
    expect(await warmUntilSteady(load)).toMatchObject({ steady: true, throughputRps: 1000 })
    expect(asked()).toBe(4)
    const warm = server([flat])
    await warmUntilSteady(warm.load)
    expect(warm.asked()).toBe(2)
  })

  it('lasts while each window is faster than the one before, though flat within', async () => {
    const { load, asked } = server([80, 95, 98].map((level) => flat.map((count) => (count * level) / 100)))
    expect(await warmUntilSteady(load)).toMatchObject({ steady: true, throughputRps: 980 })
    expect(asked()).toBe(3)
  })

  it('tells how long the queue takes: the longest request, without what a stall added', async () => {
    const queueSeconds = async (longestUs: (number | null)[]) =>
      (await warmUntilSteady(server([rising, rising, flat], longestUs).load)).queueSeconds
    expect(await queueSeconds([900_000, 250_000, 1_400_000, 260_000])).toBe(0.25)
    expect(await queueSeconds([null, 300_000])).toBe(0.3)
    expect(await queueSeconds([null])).toBe(0)
  })

  it('is cut, and says so', async () => {
    const { load, asked } = server([rising])
    expect((await warmUntilSteady(load)).steady).toBe(false)
    expect(asked()).toBe(4)
    expect(coldWarnings(['sync-2', 'async-1'])[0]).toContain('sync-2, async-1 still became faster')
    expect(coldWarnings([])).toEqual([])
  })

  it('goes on longer where no budget presses, also past one window that was no faster', async () => {
    // Five workers with 64 clients, measured: requests per second in windows of 0.3 s.
    const levels = [2631, 4187, 3911, 4947, 3122, 5499, 12424, 12651, 12500]
    const { load, asked } = server(levels.map((level) => flat.map(() => level)))
    expect((await warmUntilSteady(load, THOROUGH)).steady).toBe(true)
    expect(asked()).toBe(9)
    const cold = server([rising])
    expect((await warmUntilSteady(cold.load, THOROUGH)).steady).toBe(false)
    expect(cold.asked()).toBe(12)
    expect(coldWarnings(['sync-2'], THOROUGH)[0]).toContain('after 12 windows')
  })

  it('is not held up by noise', async () => {
    const random = createRandom(5)
    const noisy = () => flat.map(() => 100 * Math.exp(0.15 * normal(random)))
    const counts: number[] = []
    for (let run = 0; run < 200; run++) {
      const { load, asked } = server(Array.from({ length: 12 }, noisy))
      await warmUntilSteady(load, THOROUGH)
      counts.push(asked())
    }
    expect(counts.toSorted((a, b) => a - b)[190]).toBeLessThanOrEqual(6)
  })

  it('does not take noise, a fall or silence for a rise', () => {
    const random = createRandom(3)
    const noisy = () => Array.from({ length: 10 }, () => 100 * Math.exp(0.1 * normal(random)))
    const mistaken = Array.from({ length: 400 }, noisy).filter((slices) => stillRising({ slices }))
    // A sure rise of 10 % is one that the 95 % interval shows, so noise without any rise shows it in less than 2.5 %.
    expect(mistaken.length).toBeLessThan(10)
    expect(stillRising({ slices: [...rising].reverse() })).toBe(false)
    expect(stillRising({ slices: new Array<number>(10).fill(0) })).toBe(false)
  })
})
