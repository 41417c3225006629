import { usageError } from '../result/error.js'
import type { Objective } from '../result/rate-document.js'
import { parseDuration } from './duration.js'

const LIMIT = { min: 0.001, max: 60 }
const PERCENTILES = ['p50', 'p95', 'p99'] as const

/**
 * A latency objective such as `p99<50ms`.
 * @throws TuneError (usage) when it is none, or has no unit
 */
export function parseObjective(text: string): Objective {
  const [, name = '', limit = ''] = /^\s*(p\d+)\s*<=?\s*(\S+)\s*$/.exec(text) ?? []
  const percentile = PERCENTILES.find((one) => one === name)
  if (percentile === undefined) {
    throw usageError(
      `--slo "${text}" is not a latency objective`,
      `Write it as 'p99<50ms'; p50, p95 and p99 are known`,
    )
  }
  // Other durations without a unit are seconds. Whoever writes p99<50 means 50 ms, and would get an objective that all meet.
  if (/^[\d.]+$/.test(limit)) {
    throw usageError(`--slo "${text}" has no unit`, `Did you mean '${percentile}<${limit}ms'?`)
  }
  return { percentile, limitUs: parseDuration(limit, '--slo', LIMIT) * 1e6 }
}
