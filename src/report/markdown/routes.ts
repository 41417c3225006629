import type { ResultDocument } from '../../result/document.js'
import { formatLatency } from '../format.js'
import { routeRows } from '../routes.js'
import { markdownTable } from './syntax.js'

/** What each request of a mix had in the configuration that the answer is about; empty for one request. */
export function routesBlock(document: ResultDocument): string[] {
  const rows = routeRows(document)
  if (rows.length === 0) return []
  return [
    '### By request',
    '',
    ...markdownTable(
      [
        { head: 'request', align: 'left', cell: ({ name }) => name },
        { head: 'share', align: 'right', cell: ({ share }) => `${(share * 100).toFixed(1)} %` },
        { head: 'errors', align: 'right', cell: ({ errors }) => String(errors) },
        { head: 'p50', align: 'right', cell: ({ p50Us }) => formatLatency(p50Us) },
        { head: 'p99', align: 'right', cell: ({ p99Us }) => formatLatency(p99Us) },
      ],
      rows,
    ),
  ]
}
