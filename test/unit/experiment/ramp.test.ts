import { expect, it } from 'vitest'
import { settledRampSeconds } from '../../../src/experiment/ramp.js'

it('lasts once through the queue, as fast as the server was seen to work it off', () => {
  expect(settledRampSeconds(0.2, 150, 200)).toBeCloseTo(0.9)
  expect(settledRampSeconds(0.2, 150, 5000)).toBe(0.2)
  expect(settledRampSeconds(0.2, 150, 0)).toBe(0.2)
  expect(settledRampSeconds(0.2, 1000, 1)).toBe(5)
})
