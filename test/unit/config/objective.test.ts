import { describe, expect, it } from 'vitest'
import { parseObjective } from '../../../src/config/objective.js'

describe('parseObjective', () => {
  it('reads percentile and limit', () => {
    expect(parseObjective('p99<50ms')).toEqual({ percentile: 'p99', limitUs: 50_000 })
    expect(parseObjective(' p95 <= 1.5s ')).toEqual({ percentile: 'p95', limitUs: 1_500_000 })
  })

  it.each(['', '50ms', 'p99', 'p99>50ms', 'p98<50ms', 'p99<fast', 'p99<0ms', 'avg<5ms', 'p99<50'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseObjective(text)).toThrow(expect.objectContaining({ exit: 2 }))
    },
  )

  it('refuses a limit without a unit, which would be read as so many seconds', () => {
    expect(() => parseObjective('p99<50')).toThrow(/"p99<50" has no unit/)
  })
})
