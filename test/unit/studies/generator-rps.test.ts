import { expect, it } from 'vitest'
import { generatorRps } from '../../../src/studies/generator-rps.js'

it('counts on 60 % of a core for each generator that there may be', () => {
  const busy = { throughputRps: 10_000, generatorCpu: 0.5 }
  expect(generatorRps(busy, 2)).toBeCloseTo(12_000)
  expect(generatorRps(busy, 8)).toBeCloseTo(48_000)
  expect(generatorRps({ ...busy, throughputRps: 20_000, generators: 2 }, 2)).toBeCloseTo(12_000)
})

it('does not take for the cost of a request what a generator with little to do takes anyway', () => {
  // Of a pool that lets 200 requests per second through.
  expect(generatorRps({ throughputRps: 200, generatorCpu: 0.04 }, 2)).toBeCloseTo(12_000)
  // Large answers cost what they cost.
  expect(generatorRps({ throughputRps: 500, generatorCpu: 0.5 }, 2)).toBeCloseTo(600)
  expect(generatorRps({ throughputRps: 0, generatorCpu: 0 }, 2)).toBe(Infinity)
})
