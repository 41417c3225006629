import { expect, it } from 'vitest'
import { limitOfEach } from '../../../src/advisor/falling.js'
import type { Configuration } from '../../../src/result/configuration.js'

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
