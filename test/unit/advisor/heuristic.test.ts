import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heuristicConfigurations, heuristicWorkers } from '../../../src/advisor/heuristic.js'
import { capacityOf, configurationKey, configurationSchema } from '../../../src/result/configuration.js'

const anyCpus = fc.double({ min: 0.01, max: 512, noNaN: true })

describe('heuristicWorkers', () => {
  it.each([
    [0.1, 1],
    [0.25, 1],
    [0.5, 2],
    [0.75, 2],
    [1, 3],
    [1.5, 4],
    [2, 5],
    [3.3, 7],
    [4, 9],
    [64, 129],
  ])('%d CPUs: %i workers', (cpus, workers) => expect(heuristicWorkers(cpus)).toBe(workers))

  it('is 2N+1 for whole CPUs and for halves', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1024 }), (halves) => heuristicWorkers(halves / 2) === halves + 1),
    )
  })

  it('never falls when CPUs are added, and is never below one', () => {
    fc.assert(
      fc.property(anyCpus, anyCpus, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        expect(heuristicWorkers(less)).toBeGreaterThanOrEqual(1)
        expect(heuristicWorkers(less)).toBeLessThanOrEqual(heuristicWorkers(more))
      }),
    )
  })
})

describe('heuristicConfigurations', () => {
  const threaded = (cpus: number): string => configurationKey(heuristicConfigurations(cpus).threaded)

  it('gives the values everybody quotes', () => {
    expect(configurationKey(heuristicConfigurations(2).sync)).toBe('sync-5')
    expect(threaded(4)).toBe('threaded-3x3')
    expect(configurationKey(heuristicConfigurations(1).async)).toBe('async-3x1000')
    expect(capacityOf(heuristicConfigurations(1).async)).toBe(3000)
  })

  it.each([
    [0.25, 'threaded-1x1'],
    [0.5, 'threaded-1x2'],
    [1, 'threaded-1x3'],
    [1.5, 'threaded-2x2'],
    [2, 'threaded-2x2'],
    [2.5, 'threaded-3x2'],
    [3, 'threaded-3x2'],
    [5, 'threaded-4x3'],
    [6, 'threaded-4x3'],
    [7, 'threaded-5x3'],
    [8, 'threaded-4x4'],
    [16, 'threaded-11x3'],
  ])('threads on %d CPUs: %s', (cpus, key) => expect(threaded(cpus)).toBe(key))

  it('is valid, and uses the same number of workers for sync and async', () => {
    fc.assert(
      fc.property(anyCpus, (cpus) => {
        const table = heuristicConfigurations(cpus)
        for (const configuration of Object.values(table)) configurationSchema.parse(configuration)
        expect(table.sync.workers).toBe(heuristicWorkers(cpus))
        expect(table.async.workers).toBe(heuristicWorkers(cpus))
      }),
    )
  })

  it('comes as near to 2N+1 as workers and threads of at least two can', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.5, max: 64, noNaN: true }), (cpus) => {
        const target = heuristicWorkers(cpus)
        const { workers, threads } = heuristicConfigurations(cpus).threaded
        expect(Math.min(workers, threads)).toBeGreaterThanOrEqual(2)
        expect(Math.abs(workers * threads - target)).toBe(nearestDistance(target))
      }),
    )
  })
})

/** By trying every shape. */
function nearestDistance(target: number): number {
  let nearest = Infinity
  for (let workers = 2; workers <= target + 2; workers++)
    for (let threads = 2; threads <= target + 2; threads++)
      nearest = Math.min(nearest, Math.abs(workers * threads - target))
  return nearest
}
