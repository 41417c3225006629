import type { ResultDocument } from '../../result/document.js'
import { NO_FIGURE } from '../format.js'
import { serverSideRows, toldFigures, type ServerSideRow } from '../server-side.js'
import { details, markdownTable, type MarkdownColumn } from './syntax.js'

/** What the server's processes used, by target, folded; empty where nobody told. Figures that no target has are left out. */
export function serverSideDetails(document: ResultDocument): string[] {
  const rows = serverSideRows(document)
  const told = toldFigures(rows)
  if (told.length === 0) return []
  const columns: MarkdownColumn<ServerSideRow>[] = [
    { head: 'target', align: 'left', cell: ({ target }) => target },
    { head: 'clients', align: 'right', cell: ({ connections }) => String(connections) },
    ...told.map(({ head, value, format }): MarkdownColumn<ServerSideRow> => {
      const cell = (row: ServerSideRow): string => {
        const known = value(row)
        return known === null ? NO_FIGURE : format(known)
      }
      return { head, align: 'right', cell }
    }),
  ]
  return details('What the server used', markdownTable(columns, rows))
}
