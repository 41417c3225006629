import type { ResultDocument } from '../../result/document.js'
import { formatLatency } from '../format.js'
import { routeRows, type RouteRow } from '../routes.js'
import type { Paper } from './paper.js'
import { renderTable, type Column } from './table.js'

const COLUMNS: Column<RouteRow>[] = [
  { head: '  request', align: 'left', from: 0, rank: 9, cell: ({ name }) => `  ${name}` },
  { head: 'share', align: 'right', from: 0, rank: 5, cell: ({ share }) => `${(share * 100).toFixed(1)} %` },
  { head: 'errors', align: 'right', from: 0, rank: 7, cell: ({ errors }) => String(errors) },
  { head: 'p50', align: 'right', from: 60, rank: 4, cell: ({ p50Us }) => formatLatency(p50Us) },
  { head: 'p99', align: 'right', from: 0, rank: 8, cell: ({ p99Us }) => formatLatency(p99Us) },
]

/** What each request of a mix had in the configuration that the answer is about; empty for one request. */
export function routeLines(document: ResultDocument, paper: Paper): string[] {
  const rows = routeRows(document)
  return rows.length === 0 ? [] : [...paper.heading('By request'), ...renderTable(COLUMNS, rows, paper)]
}
