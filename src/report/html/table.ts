import { NO_FIGURE } from '../format.js'
import { Html, markup } from './markup.js'

/** Words, or a figure whose column sorts by the figure itself and not by its rounded text. */
export type HtmlColumn<Row> = TextColumn<Row> | FigureColumn<Row>

interface TextColumn<Row> {
  head: string
  align: 'left' | 'right'
  cell: (row: Row) => string | Html
}

interface FigureColumn<Row> {
  head: string
  /** `null` where there is none; such rows go last. */
  figure: (row: Row) => number | null
  format: (value: number, row: Row) => string
}

export interface HtmlTableOptions<Row> {
  caption: string
  columns: readonly HtmlColumn<Row>[]
  rows: readonly Row[]
  /** Heads become buttons that sort. */
  sortable?: boolean
  /** Class of a row. */
  mark?: (row: Row) => string
}

/** A table that scrolls in its own box where the page is narrow; the first column names the row. */
export function htmlTable<Row>({
  caption,
  columns,
  rows,
  sortable = false,
  mark = () => '',
}: HtmlTableOptions<Row>): Html {
  const heads = columns.map((column) => {
    const content = sortable ? markup`<button type="button">${column.head}</button>` : markup`${column.head}`
    return markup`<th scope="col" class="${alignOf(column)}">${content}</th>`
  })
  const body = rows.map((row) => {
    const cells = columns.map((column, index) => cellOf(column, row, index === 0))
    return markup`<tr class="${mark(row)}">${cells}</tr>\n`
  })
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table ${new Html(sortable ? 'data-sortable' : '')}>
<caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>`
}

function cellOf<Row>(column: HtmlColumn<Row>, row: Row, isHead: boolean): Html {
  const align = alignOf(column)
  const open = isHead ? markup`<th scope="row" class="${align}"` : markup`<td class="${align}"`
  const close = new Html(isHead ? '</th>' : '</td>')
  if ('cell' in column) return markup`${open}>${column.cell(row)}${close}`
  const value = column.figure(row)
  if (value === null) return markup`${open} data-key="">${NO_FIGURE}${close}`
  return markup`${open} data-key="${String(Number(value.toPrecision(6)))}">${column.format(value, row)}${close}`
}

function alignOf<Row>(column: HtmlColumn<Row>): 'left' | 'right' {
  return 'align' in column ? column.align : 'right'
}
