import { describe, expect, it } from 'vitest'
import { parseRunQueueSeconds } from '../../../src/server/run-queue.js'
import { readRunQueueSeconds, sumOfKnown } from '../../../src/targets/run-queue.js'

describe('time in the run queue', () => {
  it('is the second of three figures, in nanoseconds', () => {
    expect(parseRunQueueSeconds('5000000000 1250000000 42\n')).toBe(1.25)
    expect(parseRunQueueSeconds('0 0 0')).toBe(0)
  })

  it('is unknown, and not 0 or NaN, where the kernel says something else or nothing', () => {
    for (const text of ['', '12\n', '1 x 3', '-1 2 3', '1 2']) expect(parseRunQueueSeconds(text)).toBeNull()
  })

  it('is the sum over the threads that are left', () => {
    expect(sumOfKnown([1, null, 0.5])).toBe(1.5)
    expect(sumOfKnown([0])).toBe(0)
    expect(sumOfKnown([null])).toBeNull()
    expect(sumOfKnown([])).toBeNull()
  })

  it('is known of this process, and unknown of one that is gone', async () => {
    if (process.platform === 'linux') {
      const before = await readRunQueueSeconds(process.pid)
      expect(before).toBeGreaterThanOrEqual(0)
      expect(await readRunQueueSeconds(process.pid)).toBeGreaterThanOrEqual(before!)
    }
    expect(await readRunQueueSeconds(2 ** 30)).toBeNull()
  })
})
