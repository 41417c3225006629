import { describe, expect, it } from 'vitest'
import { cpusBeside } from '../../../src/profiles/machine/reserve-cpus.js'

const ALLOWED = new Set([0, 1, 2, 3, 6])

describe('CPUs for the generators alone', () => {
  it.each([
    ['0', [1, 2, 3, 6]],
    ['1-2,6', [0, 3]],
  ])('%s leaves the server the others', (list, rest) => expect(cpusBeside(list, ALLOWED)).toEqual(rest))

  it.each([
    ['', 'is no list of CPUs'],
    ['a', 'is no list of CPUs'],
    ['2-1', 'is no list of CPUs'],
    ['0,4-5', 'may not run on CPU 4, 5'],
    ['0-3,6', 'leaves no CPU to the server'],
  ])('%j is refused', (list, message) => {
    expect(() => cpusBeside(list, ALLOWED)).toThrow(message)
  })
})
