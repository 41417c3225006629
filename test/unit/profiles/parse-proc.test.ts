import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countCpuList,
  parseAffinity,
  parseCount,
  parseMeminfo,
  parseOpenFiles,
  parsePressure,
} from '../../../src/profiles/machine/parse-proc.js'

describe('countCpuList', () => {
  it.each([
    ['0', 1],
    ['0-3\n', 4],
    ['0-3,8,10-11', 7],
    ['0-1,1-2', 3],
    [' 2 , 4 ', 2],
  ])('%j has %i CPUs', (text, count) => expect(countCpuList(text)).toBe(count))

  it.each(['', '\n', 'all', '3-1', '0-', '-1', '0,,2', '0-99999999999'])('%j is no list', (text) =>
    expect(countCpuList(text)).toBeNull(),
  )

  it('counts any set of CPUs, however it is written', () => {
    const cpus = fc.uniqueArray(fc.integer({ min: 0, max: 511 }), { minLength: 1 })
    fc.assert(fc.property(cpus, (set) => countCpuList(set.join(',')) === set.length))
  })
})

describe('parseAffinity', () => {
  it('reads the list', () => {
    expect(
      parseAffinity('Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,6\nMems_allowed:\t1\n'),
    ).toBe(5)
  })
  it('counts the bits of the mask where the list is missing', () => {
    expect(parseAffinity('Cpus_allowed:\tffffffff,0000000F\n')).toBe(36)
  })
  it('prefers the mask to a list that is garbage', () => {
    expect(parseAffinity('Cpus_allowed:\t3\nCpus_allowed_list:\t?\n')).toBe(2)
  })
  it.each(['', 'Cpus_allowed:\t00\n', 'Cpus_allowed:\tzz\n', 'Cpus_allowed_list:\t\n'])(
    'knows nothing from %j',
    (status) => expect(parseAffinity(status)).toBeNull(),
  )
})

describe('the other files of /proc', () => {
  const meminfo = 'MemTotal:       16384000 kB\nMemFree:         1024 kB\nMemAvailable:    8192000 kB\n'
  it('reads memory in bytes', () => {
    expect(parseMeminfo(meminfo, 'MemTotal')).toBe(16_384_000 * 1024)
    expect(parseMeminfo(meminfo, 'MemAvailable')).toBe(8_192_000 * 1024)
    expect(parseMeminfo('MemFree: 1 kB\n', 'MemAvailable')).toBeNull()
  })

  const header = 'Limit                     Soft Limit           Hard Limit           Units\n'
  it('reads open files', () => {
    const limits = (soft: string, hard: string): string =>
      `${header}Max open files            ${soft.padEnd(20)} ${hard.padEnd(20)} files     \n`
    expect(parseOpenFiles(limits('1024', '1048576'))).toEqual({ soft: 1024, hard: 1_048_576 })
    expect(parseOpenFiles(limits('1024', 'unlimited'))).toEqual({ soft: 1024, hard: Infinity })
    expect(parseOpenFiles(header)).toBeNull()
  })

  it('reads pressure', () => {
    expect(
      parsePressure('some avg10=12.34 avg60=0.83 avg300=0.86 total=1\nfull avg10=99.00 avg60=0 total=0\n'),
    ).toBe(12.34)
    expect(parsePressure('full avg10=1.00\n')).toBeNull()
  })

  it('reads counts above zero only', () => {
    expect(parseCount('4096\n')).toBe(4096)
    for (const text of ['', '0', '-1', '4096x']) expect(parseCount(text)).toBeNull()
  })
})
