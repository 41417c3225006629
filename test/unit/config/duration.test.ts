import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../src/config/duration.js'

const range = { min: 0.1, max: 3600 }

describe('parseDuration', () => {
  it.each([
    ['500ms', 0.5],
    ['60s', 60],
    ['60', 60],
    ['1.5m', 90],
    ['1h', 3600],
  ])('%s is %d seconds', (text, seconds) => expect(parseDuration(text, '--budget', range)).toBe(seconds))

  it.each(['', 'abc', '-5s', '5 minutes', '1e3', 's', 'NaN'])('refuses "%s"', (text) =>
    expect(() => parseDuration(text, '--budget', range)).toThrow(/is not a duration/),
  )

  it.each([
    [{ min: 20, max: 3600 }, 'Write it as 60s, 2m or 1h'],
    [{ min: 0.1, max: 3600 }, 'Write it as 500ms, 10s, 60s, 2m or 1h'],
    [{ min: 4000, max: 5000 }, 'Write it as 4000s'],
  ])('suggests only what is in range: %j', (limits, suggestion) => {
    expect(() => parseDuration('abc', '--budget', limits)).toThrow(
      expect.objectContaining({ suggestions: [suggestion] }),
    )
  })

  it('names the range', () => {
    expect(() => parseDuration('2h', '--budget', range)).toThrow('--budget 2h is out of range')
  })
})
