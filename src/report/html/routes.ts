import type { RouteWorkload } from '../../result/analysis.js'
import type { ResultDocument } from '../../result/document.js'
import { routeNote } from '../analysis-sentences.js'
import { formatLatency, formatShare, NO_FIGURE } from '../format.js'
import { classifiedRoutes, routeRows, routesGrade } from '../routes.js'
import { inBrackets } from '../sentences.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

/** What each request of a mix is, and what it had in the configuration that the answer is about; empty for one request. */
export function routesSection(document: ResultDocument): Section[] {
  const body = markup`${natureTable(classifiedRoutes(document))}${latencyTable(document)}`
  return body.text === '' ? [] : [{ id: 'requests', title: 'By request', body }]
}

function natureTable(routes: readonly RouteWorkload[]): Html {
  if (routes.length === 0) return NOTHING
  const ms = (value: number | null): number | null => (value === null ? null : value * 1000)
  return htmlTable({
    caption: `Each request by itself, at one connection: what it costs, and what part of all CPU it takes${inBrackets(routesGrade(routes))}`,
    rows: routes,
    sortable: true,
    columns: [
      { head: 'request', align: 'left', cell: ({ name }) => name },
      { head: 'share', figure: ({ share }) => share, format: formatShare },
      { head: 'nature', align: 'left', cell: ({ class: nature }) => nature ?? 'not classified' },
      {
        head: 'confidence',
        align: 'left',
        cell: ({ class: nature, confidence }) => (nature === null ? NO_FIGURE : confidence),
      },
      { head: 'CPU', figure: ({ cpuMsPerRequest }) => ms(cpuMsPerRequest), format: formatLatency },
      { head: 'loop busy', figure: ({ loopMsPerRequest }) => ms(loopMsPerRequest), format: formatLatency },
      { head: 'waiting', figure: ({ waitMsPerRequest }) => ms(waitMsPerRequest), format: formatLatency },
      {
        head: 'response',
        figure: ({ residenceMsPerRequest }) => ms(residenceMsPerRequest),
        format: formatLatency,
      },
      { head: 'of the CPU', figure: ({ cpuPart }) => cpuPart, format: formatShare },
      { head: 'note', align: 'left', cell: routeNote },
    ],
  })
}

function latencyTable(document: ResultDocument): Html {
  const rows = routeRows(document)
  if (rows.length === 0) return NOTHING
  return htmlTable({
    caption: 'Medians over the believed trials of the configuration that the answer is about',
    rows,
    columns: [
      { head: 'request', align: 'left', cell: ({ name }) => name },
      { head: 'share', align: 'right', cell: ({ share }) => formatShare(share) },
      { head: 'errors', align: 'right', cell: ({ errors }) => String(errors) },
      { head: 'p50', align: 'right', cell: ({ p50Us }) => formatLatency(p50Us) },
      { head: 'p99', align: 'right', cell: ({ p99Us }) => formatLatency(p99Us) },
    ],
  })
}
