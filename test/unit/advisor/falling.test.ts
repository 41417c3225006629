import { expect, it } from 'vitest'
import { fallOf, limitOfEach } from '../../../src/advisor/falling.js'
import type { Configuration } from '../../../src/result/configuration.js'

const ladder = (...rates: number[]) =>
  rates.map((throughputRps, step) => ({ connections: 4 ** step, throughputRps }))
const async: Configuration = { workerClass: 'async', workers: 2, threads: 1, workerConnections: 1000 }

it('is a fall where two points at least lie beyond the highest, and the server had all of them', () => {
  expect(fallOf(ladder(100, 390, 400, 200, 100), async)).toMatchObject({ best: { connections: 16 } })
  expect(fallOf(ladder(100, 380, 390, 400, 100), async)).toBeNull()
  expect(fallOf(ladder(100, 390, 400, 200, 100), { ...async, workerClass: 'sync', workers: 5 })).toBeNull()
})

it('limits each event loop where that lets in about as many as carry most', () => {
  const of = (connections: number, workers: number, workerClass: Configuration['workerClass'] = 'async') =>
    limitOfEach(
      { best: { connections, throughputRps: 400 }, last: { connections: 128, throughputRps: 100 } },
      { workerClass, workers, threads: 1, workerConnections: 1000 },
    )
  expect(of(9, 2)).toBe(5)
  expect(of(9, 2, 'sync')).toBeNull()
  // One for each of eight loops still lets in eight.
  expect(of(2, 8)).toBeNull()
})
