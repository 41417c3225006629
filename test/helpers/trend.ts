import type { AnalyzeDocument } from '../../src/result/document.js'
import { ioDocument } from './documents.js'

const DAY_MS = 24 * 3600 * 1000
/** Throughput of the answer from run to run: wanders, then loses a sixth. */
const RATES = [5890, 5940, 5810, 5905, 5870, 5930, 4930, 4895]

/** The same app, analysed on eight days; before the fifth run the machine's Node changed. */
export function runsOverTime(): AnalyzeDocument[] {
  return RATES.map((value, index) => {
    const base = ioDocument()
    const { recommendation } = base
    return {
      ...base,
      name: `api-day-${index + 1}`,
      startedAt: new Date(Date.parse(base.startedAt) + index * DAY_MS).toISOString(),
      machine: { ...base.machine, nodeVersion: index < 4 ? 'v20.20.2' : 'v22.23.3' },
      recommendation: recommendation && {
        ...recommendation,
        expected: {
          ...recommendation.expected,
          throughputRps: { value, low: value * 0.98, high: value * 1.02 },
          latencyUs: { p50: 62e6 / value, p95: 75e6 / value, p99: 89e6 / value },
        },
      },
    }
  })
}
