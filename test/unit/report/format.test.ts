import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatChange,
  formatChangeInterval,
  formatClock,
  formatCpus,
  formatDuration,
  formatEffect,
  formatInterval,
  formatLatency,
  formatMib,
  formatNumber,
  formatPercent,
  formatPlusMinus,
  formatRate,
  formatSmallShare,
  formatShare,
  latencyUnit,
} from '../../../src/report/format.js'

const MIB = 2 ** 20

describe('latency', () => {
  it.each([
    [0, '0 µs'],
    [81.4, '81 µs'],
    [999.4, '999 µs'],
    [999.5, '1.00 ms'],
    [1234, '1.23 ms'],
    [44_140, '44.1 ms'],
    [99_960, '100 ms'],
    [811_000, '811 ms'],
    [12_345_678, '12,346 ms'],
    [null, '-'],
  ])('%s µs reads %s', (us, text) => {
    expect(formatLatency(us)).toBe(text)
  })

  it('has one unit a column: µs only when every figure is below a millisecond', () => {
    expect(latencyUnit([120, 950, null]).name).toBe('µs')
    expect(latencyUnit([120, 950]).format(119.6)).toBe('120')
    const mixed = latencyUnit([120, 1500])
    expect(mixed.name).toBe('ms')
    expect(mixed.format(120)).toBe('0.120')
    expect(mixed.format(null)).toBe('-')
    expect(latencyUnit([null]).name).toBe('ms')
  })
})

describe('numbers', () => {
  it.each([
    [0, '0'],
    [0.5, '0.500'],
    [9.996, '10.0'],
    [96.44, '96.4'],
    [99.96, '100'],
    [1930.4, '1,930'],
    [1_234_567, '1,234,567'],
  ])('%s requests per second read %s', (rps, text) => {
    expect(formatRate(rps)).toBe(text)
    expect(formatNumber(rps)).toBe(text)
  })

  it('shows bytes as MiB', () => {
    expect(formatMib(41 * MIB)).toBe('41.0')
    expect(formatBytes(3891 * MIB)).toBe('3,891 MiB')
    expect(formatBytes(null)).toBe('-')
  })

  it('keeps the fraction of CPUs', () => {
    expect([2, 0.5, 1.3333].map(formatCpus)).toEqual(['2', '0.5', '1.33'])
  })
})

describe('small shares', () => {
  it.each([
    [0, '0 %'],
    [0.000001, '< 0.001 %'],
    [0.00026, '0.03 %'],
    [0.001, '0.1 %'],
    [0.0042, '0.42 %'],
    [0.016, '1.6 %'],
    [1, '100 %'],
  ])('%s is %s', (share, text) => {
    expect(formatSmallShare(share)).toBe(text)
  })
})

describe('changes', () => {
  it.each([
    [0.38, '+38 %'],
    [0.0312, '+3.1 %'],
    [-0.0312, '-3.1 %'],
    [0.0004, '0.0 %'],
    [-0.0004, '0.0 %'],
    [-0.984, '-98.4 %'],
    [12, '+1,200 %'],
  ])('%s is %s', (change, text) => {
    expect(formatPercent(change)).toBe(text)
  })

  it('says times where a percentage would be hard to read', () => {
    expect(formatChange(2.5)).toBe('+150 %')
    expect(formatChange(13.42)).toBe('13.4 times')
    expect(formatChangeInterval({ low: 13.1, high: 13.7 })).toBe('13.1 to 13.7 times')
    expect(formatChangeInterval({ low: 2.9, high: 3.4 })).toBe('+190 % to 3.40 times')
  })

  it('leaves out an interval that too few blocks carry', () => {
    expect(formatEffect({ ratio: 1.05, low: null, high: null, blocks: 2 })).toBe('+5.0 %')
    expect(formatEffect({ ratio: 0.97, low: 0.96, high: 0.98, blocks: 9 })).toBe('-3.0 % (-4.0 % to -2.0 %)')
    expect(formatPlusMinus({ value: 100, low: null, high: null })).toBe('')
  })

  it('writes intervals and half-widths', () => {
    expect(formatInterval(1880, 1975)).toBe('1,880–1,975')
    expect(formatPlusMinus({ value: 1000, low: 976, high: 1024 })).toBe('±2.4 %')
    expect(formatShare(0.016)).toBe('1.6 %')
  })
})

describe('durations', () => {
  it.each([
    [8.54, '8.5 s'],
    [60, '1 min'],
    [42, '42 s'],
    [59.7, '1 min'],
    [125, '2 min 5 s'],
    [3600, '1 h'],
    [3725, '1 h 2 min'],
  ])('%s s reads %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })

  it('has a stopwatch', () => {
    expect([0, 42.4, 725, -3].map(formatClock)).toEqual(['0:00', '0:42', '12:05', '0:00'])
  })
})
