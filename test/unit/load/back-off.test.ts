import { expect, it } from 'vitest'
import { backOffMs } from '../../../src/load/connection.js'

it('backs off: nothing at first, then longer and longer, then no longer', () => {
  const waits = Array.from({ length: 12 }, (_, failures) => backOffMs(failures))
  expect(waits.slice(0, 2)).toEqual([0, 0])
  expect(waits).toEqual(waits.toSorted((a, b) => a - b))
  expect(waits.at(-1)).toBe(waits.at(-2))
  // Seven failures in a row are what ends a trial: they must not be over in a blink.
  expect(waits.slice(0, 7).reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(250)
})
