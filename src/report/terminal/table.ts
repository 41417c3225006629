import { stripVTControlCharacters } from 'node:util'
import CliTable3 from 'cli-table3'
import type { Paper, Tint } from './paper.js'

export interface Column<Row> {
  head: string
  align: 'left' | 'right'
  /** Shown from this terminal width on. */
  from: number
  /** Where there is not room for all, the lowest go first. */
  rank: number
  cell: (row: Row) => string
  tint?: (row: Row) => Tint
}

/** More columns than this nobody reads. */
const MAX_COLUMNS = 9
const MIN_COLUMNS = 2
const MAX_CELL = 32

/** Rows under a ruled head, numbers on the right; columns give way by rank until the table fits the terminal. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  paper: Paper,
): string[] {
  let shown = columns.filter(({ from }) => paper.width >= from)
  while (shown.length > MAX_COLUMNS) shown = withoutLowest(shown)
  let lines = draw(shown, rows, paper)
  while (shown.length > MIN_COLUMNS && lines.some((line) => visibleLength(line) > paper.width)) {
    shown = withoutLowest(shown)
    lines = draw(shown, rows, paper)
  }
  return lines
}

function withoutLowest<Row>(columns: readonly Column<Row>[]): Column<Row>[] {
  const lowest = Math.min(...columns.map(({ rank }) => rank))
  return columns.filter(({ rank }) => rank !== lowest)
}

function draw<Row>(columns: readonly Column<Row>[], rows: readonly Row[], paper: Paper): string[] {
  const table = new CliTable3({
    head: columns.map(({ head }) => paper.text(head)),
    colAligns: columns.map(({ align }) => align),
    chars: ruleBelowHead(paper.unicode ? '─' : '-'),
    // Its own colours stay off: they would need another library and ignore our `color`.
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) table.push(columns.map((column) => cell(column, row, paper)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}

function cell<Row>(column: Column<Row>, row: Row, paper: Paper): string {
  const content = paper.text(column.cell(row))
  const cut = content.length > MAX_CELL ? `${content.slice(0, MAX_CELL - 3)}${paper.text('…')}` : content
  return paper.tint(column.tint?.(row) ?? 'plain', cut)
}

function ruleBelowHead(rule: string): Record<string, string> {
  const none = [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
  ]
  const sides = ['left', 'right', 'left-mid', 'right-mid']
  return {
    ...Object.fromEntries([...none, ...sides].map((name) => [name, ''])),
    mid: rule,
    middle: '  ',
    'mid-mid': rule.repeat(2),
  }
}

function visibleLength(line: string): number {
  return stripVTControlCharacters(line).length
}
