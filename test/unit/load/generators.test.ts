import { describe, expect, it } from 'vitest'
import { mostGenerators, needsOneMore } from '../../../src/load/load-generator.js'

describe('the number of generator processes', () => {
  it('leaves half of the cores to the server', () => {
    expect([0.5, 1, 2, 3, 4, 7, 16].map(mostGenerators)).toEqual([1, 1, 1, 1, 2, 3, 8])
  })

  it('grows by one where the generators were nearly the limit and there may be more', () => {
    expect(needsOneMore({ generatorCpu: 0.8, generators: 1 }, 50, 4)).toBe(true)
    expect(needsOneMore({ generatorCpu: 0.6, generators: 1 }, 50, 4)).toBe(false)
    expect(needsOneMore({ generatorCpu: 0.8, generators: 4 }, 50, 4)).toBe(false)
    expect(needsOneMore({ generatorCpu: 0.8, generators: 2 }, 2, 4)).toBe(false)
  })
})
