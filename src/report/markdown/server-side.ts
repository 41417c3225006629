import type { ResultDocument } from '../../result/document.js'
import { formatMib, formatShare, NO_FIGURE } from '../format.js'
import { serverSideRows, type ServerSideRow } from '../server-side.js'
import { details, markdownTable, type MarkdownColumn } from './syntax.js'

interface Figure extends MarkdownColumn<ServerSideRow> {
  value: (row: ServerSideRow) => number | null
}

const FIGURES: Figure[] = [
  figure(
    'CPU ms/request',
    ({ cpuMsPerRequest }) => cpuMsPerRequest,
    (value) => value.toPrecision(3),
  ),
  figure('busiest loop', ({ loopUtilization }) => loopUtilization, formatShare),
  figure(
    'waits/request',
    ({ voluntarySwitches }) => voluntarySwitches,
    (value) => value.toPrecision(2),
  ),
  figure(
    'pre-empted/request',
    ({ involuntarySwitches }) => involuntarySwitches,
    (value) => value.toPrecision(2),
  ),
  figure(
    'busiest worker',
    ({ unevenness }) => unevenness,
    (value) => `${value.toFixed(2)} x mean`,
  ),
  figure('GC', ({ gcShare }) => gcShare, formatShare),
  figure('peak MiB', ({ peakRssBytes }) => peakRssBytes, formatMib),
]

/** What the server's processes used, by target, folded; empty where nobody told. Figures that no target has are left out. */
export function serverSideDetails(document: ResultDocument): string[] {
  const rows = serverSideRows(document)
  const told = FIGURES.filter(({ value }) => rows.some((row) => value(row) !== null))
  if (told.length === 0) return []
  const columns: MarkdownColumn<ServerSideRow>[] = [
    { head: 'target', align: 'left', cell: ({ target }) => target },
    { head: 'clients', align: 'right', cell: ({ connections }) => String(connections) },
    ...told,
  ]
  return details('What the server used', markdownTable(columns, rows))
}

function figure(head: string, value: Figure['value'], text: (value: number) => string): Figure {
  const cell = (row: ServerSideRow): string => {
    const known = value(row)
    return known === null ? NO_FIGURE : text(known)
  }
  return { head, align: 'right', value, cell }
}
