import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import { poolLatency } from '../../../src/experiment/percentiles.js'
import { outcome } from '../../helpers/trials.js'

/** A trial whose latencies are `from`, `from + 1`, … µs; percentiles by the rule of the schema. */
function measured(from: number, count: number) {
  const histogram = build({ highestTrackableValue: 1e6, numberOfSignificantValueDigits: 3 })
  for (let value = from; value < from + count; value++) histogram.recordValue(value)
  const at = (percentile: number, needed: number) =>
    count >= needed ? histogram.getValueAtPercentile(percentile) : null
  const latencyUs = { ...outcome().latencyUs, count, p50: at(50, 1), p95: at(95, 59), p99: at(99, 299) }
  return { latencyUs, histogram: encodeIntoCompressedBase64(histogram) }
}

describe('poolLatency', () => {
  it('takes the median of the trials, so that one disturbed trial does not count', () => {
    const { p50, p99 } = poolLatency([measured(100, 300), measured(102, 300), measured(90_000, 300)])
    expect(p50).toBe(measured(102, 300).latencyUs.p50)
    expect(p99).toBe(measured(102, 300).latencyUs.p99)
  })

  it('merges histograms where single trials are too small, and shows nothing that the pool cannot carry', () => {
    const pooled = poolLatency([measured(1, 30), measured(31, 30), measured(61, 40)])
    expect(pooled.p95).toBe(95)
    expect(pooled.p99).toBeNull()
    expect(poolLatency([measured(1, 150), measured(151, 150)]).p99).toBe(297)
  })

  it('is empty without trials', () => {
    expect(poolLatency([])).toEqual({ p50: null, p95: null, p99: null })
  })
})
