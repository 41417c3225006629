import { median } from 'simple-statistics'
import type { ResultDocument } from '../result/document.js'
import type { ServerOutcome, Trial } from '../result/trial.js'
import { formatMib, formatShare } from './format.js'

/** What the server's own processes used, as medians over the believed trials of one target at one number of connections. */
export interface ServerSideRow {
  target: string
  connections: number
  cpuMsPerRequest: number | null
  /** Busy share of the busiest event loop. */
  loopUtilization: number | null
  gcShare: number | null
  peakRssBytes: number | null
  voluntarySwitches: number | null
  involuntarySwitches: number | null
  /** Busiest worker against the mean. */
  unevenness: number | null
}

export function serverSideRows({ trials }: ResultDocument): ServerSideRow[] {
  const groups = new Map<string, Trial[]>()
  for (const trial of trials) {
    if (!trial.validity.ok || trial.server === null || trial.block === null) continue
    const key = `${trial.target} ${trial.load.connections}`
    groups.set(key, [...(groups.get(key) ?? []), trial])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const of = (pick: (server: ServerOutcome) => number | null | undefined): number | null => {
      const known = group.flatMap(({ server }) => (server === null ? [] : (pick(server) ?? [])))
      return known.length === 0 ? null : median(known)
    }
    const cpuSeconds = of(({ cpuSecondsPerRequest }) => cpuSecondsPerRequest)
    return {
      target: first.target,
      connections: first.load.connections,
      cpuMsPerRequest: cpuSeconds === null ? null : cpuSeconds * 1000,
      loopUtilization: of(({ loopUtilization }) => loopUtilization),
      gcShare: of(({ gcShare }) => gcShare),
      peakRssBytes: of(({ peakRssBytes }) => peakRssBytes),
      voluntarySwitches: of((server) => server.voluntarySwitchesPerRequest),
      involuntarySwitches: of((server) => server.involuntarySwitchesPerRequest),
      unevenness: of(({ requestsPerWorker }) => unevenness(requestsPerWorker)),
    }
  })
}

function unevenness(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.length < 2 || total === 0 ? null : (Math.max(...counts) * counts.length) / total
}

export interface ServerSideFigure {
  head: string
  value: (row: ServerSideRow) => number | null
  format: (value: number) => string
}

const FIGURES: readonly ServerSideFigure[] = [
  { head: 'CPU ms/request', value: (row) => row.cpuMsPerRequest, format: (ms) => ms.toPrecision(3) },
  { head: 'busiest loop', value: (row) => row.loopUtilization, format: formatShare },
  { head: 'waits/request', value: (row) => row.voluntarySwitches, format: (count) => count.toPrecision(2) },
  {
    head: 'pre-empted/request',
    value: (row) => row.involuntarySwitches,
    format: (count) => count.toPrecision(2),
  },
  { head: 'busiest worker', value: (row) => row.unevenness, format: (times) => `${times.toFixed(2)} x mean` },
  { head: 'GC', value: (row) => row.gcShare, format: formatShare },
  { head: 'peak MiB', value: (row) => row.peakRssBytes, format: formatMib },
]

/** The figures that at least one of the rows has. */
export function toldFigures(rows: readonly ServerSideRow[]): ServerSideFigure[] {
  return FIGURES.filter(({ value }) => rows.some((row) => value(row) !== null))
}
