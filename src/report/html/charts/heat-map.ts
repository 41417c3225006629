import { scaleSqrt } from 'd3-scale'
import { cut, markup, NOTHING, type Html } from '../markup.js'
import { textWidth, type Drawing } from './chart.js'

export interface HeatCell {
  row: string
  column: string
  /** What the shade stands for; `null` is an empty cell. */
  value: number | null
  text: string
  best: boolean
}

const ROW = 30
const HEAD = 42
/** Shades end where the ink on them would lose its contrast, in light and in dark. */
const SHADES: [number, number] = [0.04, 0.5]

/** Rows in the order in which they first appear; the shade is the value, the frame the best cell. */
export function heatMap(
  cells: readonly HeatCell[],
  columns: readonly string[],
  columnTitle: string,
  width: number,
): Drawing {
  const rows = [...new Set(cells.map(({ row }) => row))]
  const left = Math.min(width * 0.42, Math.max(...rows.map((row) => textWidth(row))) + 12)
  const cellWidth = (width - left - 2) / columns.length
  const shade = scaleSqrt([0, Math.max(1, ...cells.map(({ value }) => value ?? 0))], SHADES)
  const at = (row: string, column: string): { x: number; y: number } => ({
    x: left + columns.indexOf(column) * cellWidth,
    y: HEAD + rows.indexOf(row) * ROW,
  })
  const squares = cells.map((cell) => square(cell, at(cell.row, cell.column), cellWidth, shade))
  const frames = cells.filter(({ best }) => best).map((cell) => frame(at(cell.row, cell.column), cellWidth))
  const body = markup`<text class="soft" x="${left}" y="12">${columnTitle}</text>
    ${columns.map((column, index) => markup`<text class="soft" x="${left + (index + 0.5) * cellWidth}" y="32" text-anchor="middle">${column}</text>`)}
    ${rows.map((row, index) => markup`<text x="0" y="${HEAD + index * ROW + 20}">${cut(row, Math.floor(left / textWidth('x')))}</text>`)}
    ${squares}${frames}`
  return { height: HEAD + rows.length * ROW + 2, body }
}

function square(
  { value, text, best, row, column }: HeatCell,
  { x, y }: { x: number; y: number },
  width: number,
  shade: (value: number) => number,
): Html {
  const words = markup`<title>${`${row}, ${column}: ${text}`}</title>`
  const rect =
    value === null
      ? markup`<rect class="cell none" x="${x}" y="${y}" width="${width}" height="${ROW}">${words}</rect>`
      : markup`<rect
          class="cell"
          x="${x}"
          y="${y}"
          width="${width}"
          height="${ROW}"
          fill-opacity="${shade(value).toFixed(2)}"
          >${words}</rect
        >`
  const label =
    textWidth(text) > width
      ? NOTHING
      : markup`<text
          class="${best ? 'strong' : ''}"
          x="${x + width / 2}"
          y="${y + 20}"
          text-anchor="middle"
          pointer-events="none"
          >${text}</text
        >`
  return markup`${rect}${label} `
}

function frame({ x, y }: { x: number; y: number }, width: number): Html {
  return markup`<rect class="frame" x="${x + 1}" y="${y + 1}" width="${width - 2}" height="${ROW - 2}" />`
}
