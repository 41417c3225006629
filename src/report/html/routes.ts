import type { ResultDocument } from '../../result/document.js'
import { formatLatency, formatShare } from '../format.js'
import { routeRows } from '../routes.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

/** What each request of a mix had in the configuration that the answer is about; empty for one request. */
export function routesSection(document: ResultDocument): Section[] {
  const rows = routeRows(document)
  if (rows.length === 0) return []
  const body = htmlTable({
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
  return [{ id: 'requests', title: 'By request', body }]
}
