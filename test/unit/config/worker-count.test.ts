import { describe, expect, it } from 'vitest'
import { workerCount } from '../../../src/config/worker-count.js'

const GIB = 1024 ** 3
const machine = { effectiveCpus: 2, memoryLimitBytes: 8 * GIB }

describe('workerCount', () => {
  it.each([
    [0.5, 1],
    [1, 1],
    [1.6, 2],
    [4, 4],
  ])('auto on %d CPUs means %i', (effectiveCpus, expected) => {
    expect(workerCount('auto', 'default', { ...machine, effectiveCpus })).toBe(expected)
  })

  it('takes any number that fits', () => {
    expect(workerCount(128, '--workers', machine)).toBe(128)
  })

  it('refuses more than the CPUs can take turns at', () => {
    expect(() => workerCount(129, '--workers', machine)).toThrow(
      '--workers 129 is more than this machine can use: 128',
    )
  })

  it('refuses more than the memory can hold', () => {
    const small = { ...machine, memoryLimitBytes: GIB / 4 }
    expect(() => workerCount(11, 'WEB_CONCURRENCY', small)).toThrow(
      '10 is the most that 256 MiB of memory can hold',
    )
  })
})
