import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bisectRate, type RateRange } from '../../../src/experiment/rate-bisection.js'

const closed = (reached: number): RateRange => ({
  ...{ lowest: 0.2 * reached, highest: 1.1 * reached, extraSteps: 0 },
  first: Math.sqrt(0.22) * reached,
})
const open = (reached: number, capacity: number): RateRange => ({
  ...{ lowest: 0.2 * reached, highest: 1.1 * capacity, extraSteps: 1, first: reached },
})
const forever = () => true

/** Asks a server that carries so much; remembers what it was asked. */
const server = (carries: number) => {
  const asked: number[] = []
  const ask = (rate: number): Promise<boolean> => {
    asked.push(rate)
    return Promise.resolve(rate <= carries)
  }
  return { asked, ask }
}

describe('bisectRate', () => {
  it('brackets what the server carries, and says of no rate that it fails which was not tried', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 10, max: 10_000, noNaN: true }),
        fc.double({ min: 0.05, max: 20, noNaN: true }),
        fc.double({ min: 1, max: 20, noNaN: true }),
        fc.integer({ min: 3, max: 5 }),
        async (reached, share, times, halvings) => {
          const carries = share * reached
          const range = times > 1.3 ? open(reached, times * reached) : closed(reached)
          const { asked, ask } = server(carries)
          const found = await bisectRate(range, halvings, ask, forever)
          if (found === null) throw new Error('there was time')
          if (found.met === null) expect(carries).toBeLessThan(range.first)
          else {
            expect(found.met).toBeLessThanOrEqual(carries)
            // Twice, and once only where it was the highest that there is.
            expect(asked.filter((rate) => rate === found.met).length).toBeGreaterThanOrEqual(2)
          }
          if (found.failed === null) expect(carries).toBeGreaterThanOrEqual(range.highest)
          else {
            expect(found.failed).toBeGreaterThan(carries)
            expect(asked).toContain(found.failed)
          }
        },
      ),
      { seed: 20_261_122 },
    )
  })

  it('knows a rate to 6 % with five halvings of a closed range', async () => {
    for (const carries of [300, 500, 800, 1050]) {
      const { ask } = server(carries)
      const { met, failed } = (await bisectRate(closed(1000), 5, ask, forever))!
      expect(failed! / met!).toBeLessThan(1.06)
    }
  })

  it('falls back from a rate that is met once and not again to the one below that repeats', async () => {
    let luck = true
    const ask = (rate: number): Promise<boolean> => {
      const lucky = rate > 700 && luck
      if (lucky) luck = false
      return Promise.resolve(rate <= 700 || lucky)
    }
    const { met, failed } = (await bisectRate(closed(1000), 3, ask, forever))!
    expect(met).toBeLessThanOrEqual(700)
    expect(met).toBe(closed(1000).first)
    expect(failed).toBeGreaterThan(700)
    expect(failed).toBeLessThan(800)
  })

  it('ends without an answer where the time is up before a rate was met twice', async () => {
    const { ask } = server(1)
    expect(await bisectRate(closed(1000), 5, ask, () => false)).toBeNull()
    let windows = 3
    const soon = () => windows-- > 0
    expect(await bisectRate(closed(1000), 5, server(500).ask, soon)).toMatchObject({
      met: expect.any(Number),
    })
  })
})
