import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCpus, parseMachineMemory, parseMemory } from '../../../src/config/units.js'
import { machineOverrides } from '../../../src/cli/study-flags.js'
import { EXIT, TuneError } from '../../../src/result/error.js'

function failureOf(parse: () => number): TuneError {
  try {
    parse()
  } catch (error) {
    if (error instanceof TuneError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('parseMemory', () => {
  it.each([
    ['512m', 512 * 2 ** 20],
    ['2g', 2 * 2 ** 30],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['64Mi', 64 * 2 ** 20],
    ['64MB', 64 * 2 ** 20],
    ['100k', 102_400],
    ['1T', 2 ** 40],
    ['16777216', 2 ** 24],
    ['1048576b', 1_048_576],
    [' 1g ', 2 ** 30],
  ])('%j is %i bytes', (text, bytes) => expect(parseMemory(text)).toBe(bytes))

  it.each([
    '5q',
    '',
    'm',
    '-1g',
    '0',
    '0m',
    '0.0001k',
    '1e9',
    '1,5g',
    '5i',
    '5ib',
    '5 iB',
    'NaN',
    'Infinity',
    '99999999t',
    '1g2m',
  ])('refuses %j', (text) => {
    const error = failureOf(() => parseMemory(text))
    expect(error).toMatchObject({ code: 'TUNE_E_MEMORY', exit: EXIT.usage })
    expect(error.message).toBe(`--memory ${JSON.stringify(text)} is not an amount of memory`)
    expect(error.suggestions.join()).toContain('512m')
  })

  it.each(['512', '2', '1.5', '16777215'])(
    'asks for the unit of %s, which is too little in bytes',
    (text) => {
      const error = failureOf(() => parseMemory(text, '--max-memory'))
      expect(error).toMatchObject({ code: 'TUNE_E_MEMORY', exit: EXIT.usage })
      expect(error.message).toContain(`--max-memory "${text}" has no unit`)
      expect(error.suggestions[0]).toContain(`Did you mean ${text}m?`)
    },
  )

  it('is whole bytes, whatever the unit', () => {
    const amount = fc.integer({ min: 1, max: 4000 })
    fc.assert(
      fc.property(amount, fc.constantFrom('b', 'k', 'M', 'g', 'Ki', 'MiB', 'GB'), (n, unit) => {
        const power = { k: 1, m: 2, g: 3 }[unit.charAt(0).toLowerCase()] ?? 0
        expect(parseMemory(`${n}${unit}`)).toBe(n * 1024 ** power)
      }),
    )
  })
})

describe('parseCpus', () => {
  it.each([
    ['2', 2],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['1.', 1],
    ['4096', 4096],
  ])('%j is %d CPUs', (text, cpus) => expect(parseCpus(text)).toBe(cpus))

  it.each(['0', '0.0', '-1', 'abc', '', ' ', '1e3', '0x10', 'NaN', 'Infinity', '4097', '1.2.3', '.'])(
    'refuses %j',
    (text) => {
      const error = failureOf(() => parseCpus(text))
      expect(error).toMatchObject({ code: 'TUNE_E_CPUS', exit: EXIT.usage })
      expect(error.message).toBe(`--cpus ${JSON.stringify(text)} is not a number of CPUs`)
    },
  )

  it('names the flag it was given for', () => {
    expect(failureOf(() => parseCpus('x', '--target-cpus')).message).toMatch(/^--target-cpus /)
  })
})

describe('parseMachineMemory', () => {
  it.each(['1k', '31m', '16777216'])('refuses %s, in which no worker fits', (text) => {
    const error = failureOf(() => parseMachineMemory(text, '--for-memory'))
    expect(error).toMatchObject({ code: 'TUNE_E_MEMORY', exit: EXIT.usage })
    expect(error.message).toContain(`--for-memory "${text}" is too little`)
    expect(error.suggestions.join()).toContain('32m or more')
  })

  it('takes what may hold one', () => {
    expect(parseMachineMemory('32m')).toBe(32 * 2 ** 20)
    expect(() => parseMachineMemory('5q')).toThrow('is not an amount of memory')
  })

  it('stands behind the flag of every study', () => {
    expect(() => machineOverrides({ memory: '1k' })).toThrow('--memory "1k" is too little')
  })
})
