import { describe, expect, it } from 'vitest'
import { parseCounts } from '../../../src/config/counts.js'

describe('parseCounts', () => {
  it('reads numbers and formulas of N', () => {
    expect(parseCounts('1,N,2N+1', '--workers', 2)).toEqual([1, 2, 5])
    expect(parseCounts('N/2, n, 4*N-1', '--workers', 8)).toEqual([4, 8, 31])
  })

  it('rounds fractions down, but never below one', () => {
    expect(parseCounts('N,2N+1', '--workers', 0.5)).toEqual([1, 2])
    expect(parseCounts('N,2N+1', '--workers', 1.5)).toEqual([1, 4])
    expect(parseCounts('N-5', '--workers', 2)).toEqual([1])
  })

  it('drops doubles and keeps the order', () => expect(parseCounts('4,N,1', '--workers', 4)).toEqual([4, 1]))

  it.each(['', '1,,2', 'abc', '-1', '1.5', '2M+1', 'N/0', '0', '5000'])('refuses "%s"', (text) =>
    expect(() => parseCounts(text, '--workers', 2)).toThrow('--workers'),
  )
})
