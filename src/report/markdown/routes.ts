import type { RouteWorkload } from '../../result/analysis.js'
import type { ResultDocument } from '../../result/document.js'
import { routeNote } from '../analysis-sentences.js'
import { formatLatency, formatShare, NO_FIGURE } from '../format.js'
import { classifiedRoutes, routeRows, routesGrade } from '../routes.js'
import { markdownTable } from './syntax.js'

/** What each request of a mix is, and what it had in the configuration that the answer is about; empty for one request. */
export function routesBlock(document: ResultDocument): string[] {
  const tables = [natureTable(classifiedRoutes(document)), latencyTable(document)].filter(
    (lines) => lines.length > 0,
  )
  return tables.length === 0 ? [] : ['### By request', ...tables.flatMap((lines) => ['', ...lines])]
}

function natureTable(routes: readonly RouteWorkload[]): string[] {
  if (routes.length === 0) return []
  const time = (value: number | null): string => formatLatency(value === null ? null : value * 1000)
  const grade = routesGrade(routes)
  const lead = grade === '' ? [] : [`Each by itself, at one connection: ${grade}.`, '']
  const table = markdownTable<RouteWorkload>(
    [
      { head: 'request', align: 'left', cell: ({ name }) => name },
      { head: 'share', align: 'right', cell: ({ share }) => formatShare(share) },
      {
        head: 'nature',
        align: 'left',
        cell: ({ class: nature, confidence }) =>
          nature === null ? 'not classified' : `${nature} (${confidence} confidence)`,
      },
      { head: 'CPU', align: 'right', cell: ({ cpuMsPerRequest }) => time(cpuMsPerRequest) },
      { head: 'waiting', align: 'right', cell: ({ waitMsPerRequest }) => time(waitMsPerRequest) },
      { head: 'response', align: 'right', cell: ({ residenceMsPerRequest }) => time(residenceMsPerRequest) },
      {
        head: 'of the CPU',
        align: 'right',
        cell: ({ cpuPart }) => (cpuPart === null ? NO_FIGURE : formatShare(cpuPart)),
      },
      { head: 'note', align: 'left', cell: (route) => routeNote(route) || NO_FIGURE },
    ],
    routes,
  )
  return [...lead, ...table]
}

function latencyTable(document: ResultDocument): string[] {
  const rows = routeRows(document)
  if (rows.length === 0) return []
  return markdownTable(
    [
      { head: 'request', align: 'left', cell: ({ name }) => name },
      { head: 'share', align: 'right', cell: ({ share }) => `${(share * 100).toFixed(1)} %` },
      { head: 'errors', align: 'right', cell: ({ errors }) => String(errors) },
      { head: 'p50', align: 'right', cell: ({ p50Us }) => formatLatency(p50Us) },
      { head: 'p99', align: 'right', cell: ({ p99Us }) => formatLatency(p99Us) },
    ],
    rows,
  )
}
