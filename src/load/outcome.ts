import type { LoadOutcome, RequestTally, RouteOutcome } from '../result/trial.js'
import { encodeHistogram, mergeHistograms, percentilesOf, toUs } from './histogram.js'
import type { Measurement } from './messages.js'
import { SLICES } from './window-account.js'

const ERROR_SAMPLES = 5

/**
 * Connections for each generator process: as even as whole numbers allow, none lost, no process without one.
 */
export function splitConnections(connections: number, processes: number): number[] {
  const used = Math.min(connections, processes)
  return Array.from(
    { length: used },
    (_, index) => Math.floor(connections / used) + (index < connections % used ? 1 : 0),
  )
}

/**
 * One outcome from what the generator processes measured over the same window.
 *
 * @param routeNames of the mix, in its order
 */
export function mergeMeasurements(
  parts: Measurement[],
  connections: number,
  routeNames: readonly string[] = [],
): LoadOutcome {
  const total = (pick: (part: Measurement) => number) => parts.reduce((sum, part) => sum + pick(part), 0)
  const windowMs = Math.max(...parts.map((part) => part.windowMs))
  const histogram = mergeHistograms(parts.map((part) => part.histogram))
  const latencies = total((part) => part.latencies)
  const throughputRps = (total((part) => part.answers) / windowMs) * 1000
  const meanUs = latencies === 0 ? null : (total((part) => part.latencyMs) / latencies) * 1000
  const connected = total((part) => part.connected)
  const longest = parts.flatMap(({ longestMs }) => (longestMs === null ? [] : [toUs(longestMs)]))
  return {
    windowSeconds: windowMs / 1000,
    throughputRps,
    latencyUs: {
      count: histogram.totalCount,
      mean: meanUs,
      ...percentilesOf(histogram),
      // A histogram rounds up, and no percentile may lie above the longest.
      max: longest.length === 0 ? null : Math.max(histogram.maxValue, ...longest),
    },
    histogram: encodeHistogram(histogram),
    requests: mergeTallies(parts.map((part) => part.requests)),
    connects: total((part) => part.connects),
    connectMeanUs: connected === 0 ? null : (total((part) => part.connectingMs) / connected) * 1000,
    concurrency: total((part) => part.underWayMs) / windowMs,
    littleRatio: meanUs === null || throughputRps === 0 ? null : (throughputRps * meanUs) / 1e6 / connections,
    // Each process has one thread of load, so the busiest of them is the one that may have become the limit.
    generatorCpu: Math.max(...parts.map((part) => part.cpuCores)),
    generatorCpuSeconds: total((part) => part.cpuSeconds),
    generatorDelayMs: {
      mean: Math.max(...parts.map(({ loopDelayMs }) => loopDelayMs.mean)),
      max: Math.max(...parts.map(({ loopDelayMs }) => loopDelayMs.max)),
    },
    slices: Array.from({ length: SLICES }, (_, slice) => total((part) => part.slices[slice] ?? 0)),
    errorSamples: [...new Set(parts.flatMap((part) => part.errorSamples))].slice(0, ERROR_SAMPLES),
    statusCounts: mergeCounts(parts.map((part) => part.statusCounts)),
    answers: total((part) => part.answersInAll),
    generators: parts.length,
    ...(routeNames.length < 2 ? {} : { routes: mergeRoutes(parts, routeNames, windowMs) }),
  }
}

function mergeRoutes(parts: Measurement[], names: readonly string[], windowMs: number): RouteOutcome[] {
  return names.map((name, index) => {
    const own = parts.flatMap(({ routes }) => routes[index] ?? [])
    const histogram = mergeHistograms(own.map((part) => part.histogram))
    const { p50, p99 } = percentilesOf(histogram)
    const requests = mergeTallies(own.map((part) => part.requests))
    const answers = own.reduce((sum, part) => sum + part.answers, 0)
    return {
      name,
      throughputRps: (answers / windowMs) * 1000,
      count: requests.done,
      errors: requests.errors + requests.lost + requests.non2xx + (requests.unexpected ?? 0),
      p50Us: p50,
      p99Us: p99,
    }
  })
}

function mergeTallies(tallies: RequestTally[]): RequestTally {
  const sum = (key: keyof RequestTally) => tallies.reduce((total, tally) => total + (tally[key] ?? 0), 0)
  const unexpected = sum('unexpected')
  return {
    sent: sum('sent'),
    done: sum('done'),
    non2xx: sum('non2xx'),
    ...(unexpected === 0 ? {} : { unexpected }),
    errors: sum('errors'),
    timeouts: sum('timeouts'),
    lost: sum('lost'),
    inFlight: sum('inFlight'),
  }
}

function mergeCounts(counts: Record<string, number>[]): Record<string, number> {
  const merged: Record<string, number> = {}
  for (const [status, count] of counts.flatMap((part) => Object.entries(part))) {
    merged[status] = (merged[status] ?? 0) + count
  }
  return merged
}
