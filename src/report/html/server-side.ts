import type { ResultDocument } from '../../result/document.js'
import { serverSideRows, toldFigures } from '../server-side.js'
import type { Section } from './page.js'
import { htmlTable } from './table.js'

/** A matrix may have hundreds of targets. */
const MOST_ROWS = 200

/** What the server's processes used, by target; empty where nobody told. Figures that no target has are left out. */
export function serverSideSection(document: ResultDocument): Section[] {
  const rows = serverSideRows(document)
  const told = toldFigures(rows)
  if (told.length === 0) return []
  const body = htmlTable({
    caption: 'Medians over the believed trials of each target; waits and pre-emptions are context switches',
    rows: rows.slice(0, MOST_ROWS),
    sortable: true,
    columns: [
      { head: 'target', align: 'left', cell: ({ target }) => target },
      { head: 'clients', figure: ({ connections }) => connections, format: String },
      ...told.map(({ head, value, format }) => ({ head, figure: value, format })),
    ],
  })
  return [{ id: 'server-side', title: 'What the server used', link: 'Server', body }]
}
