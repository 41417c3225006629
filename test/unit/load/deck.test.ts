import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDeck, dealtCards, uniform } from '../../../src/load/deck.js'

const count = (cards: number[], index: number): number => cards.filter((card) => card === index).length

describe('the deck of a mix', () => {
  it('sends each request by its weight, exactly after every pack', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0 }),
        (weights, seed) => {
          const pack = dealtCards(weights).length
          const draw = createDeck(weights, uniform(seed))
          const drawn = Array.from({ length: 3 * pack }, draw)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          weights.forEach((weight, index) => expect(count(drawn, index)).toBe((3 * pack * weight) / total))
        },
      ),
    )
  })

  it('comes near to weights that are no whole numbers, and leaves none out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-3, max: 1000, noNaN: true }), { minLength: 2, maxLength: 50 }),
        (weights) => {
          const cards = dealtCards(weights)
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          weights.forEach((weight, index) => {
            expect(count(cards, index)).toBeGreaterThan(0)
            expect(Math.abs(count(cards, index) / cards.length - weight / total)).toBeLessThan(0.051)
          })
        },
      ),
    )
  })

  it('repeats its order for a seed, and has another for another', () => {
    const orderOf = (seed: number) => Array.from({ length: 400 }, createDeck([5, 3, 2], uniform(seed)))
    expect(orderOf(1)).toEqual(orderOf(1))
    expect(orderOf(1)).not.toEqual(orderOf(2))
  })
})
