import type { BenchDocument, Cell } from '../../result/document.js'
import { serverBytes } from '../../result/memory.js'
import { formatMib, latencyUnit } from '../format.js'
import {
  cellNote,
  hasServers,
  matricesOf,
  ratesWithMargin,
  shapeOf,
  summaryOf,
  type WorkloadMatrix,
} from '../matrix.js'
import { shellQuote } from '../plain.js'
import { partialSentence } from '../sentences.js'
import { routeLines } from './routes.js'
import { createPaper, type Paper, type TerminalOptions } from './paper.js'
import { closingLines, joinSections, partialLines, reliabilityLines, warningLines } from './sections.js'
import { renderTable, type Column } from './table.js'

/** The result of `tune bench --matrix` for a terminal: a line per workload, then a table per workload. */
export function renderBenchTerminal(document: BenchDocument, options: TerminalOptions): string {
  const paper = createPaper(options)
  const matrices = matricesOf(document).filter(({ cells }) => cells.length > 0)
  return joinSections([
    document.status === 'interrupted' ? interruptedLines(document, options, paper) : [],
    matrices.flatMap((matrix) => paper.item('', summaryOf(matrix))),
    ...matrices.map((matrix) => matrixLines(matrix, paper)),
    matrices.length === 0 ? partialLines(document, paper) : [],
    routeLines(document, paper),
    reliabilityLines(document, paper),
    warningLines(document, paper),
    closingLines(document, options, paper),
  ])
}

function interruptedLines(document: BenchDocument, { folder }: TerminalOptions, paper: Paper): string[] {
  return [
    ...paper.field('Partial', partialSentence(document), 'warn'),
    ...(folder === undefined ? [] : paper.command('Go on with', `tune bench --resume ${shellQuote(folder)}`)),
  ]
}

function matrixLines(matrix: WorkloadMatrix, paper: Paper): string[] {
  const { name, description, cells } = matrix
  return [
    ...paper.heading(description === '' ? name : `${name}: ${description}`),
    ...renderTable(columnsFor(matrix), cells, paper),
  ]
}

function columnsFor({ cells }: WorkloadMatrix): Column<Cell>[] {
  const unit = latencyUnit(cells.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  const rates = ratesWithMargin(cells)
  const mark = (cell: Cell, text: string): string => `${cell.best ? '>' : ' '} ${text}`
  const tint = ({ best }: Cell): 'strong' | 'plain' => (best ? 'strong' : 'plain')
  const classColumn = { align: 'left' as const, from: 0, rank: 11, tint }
  const first: Column<Cell>[] = hasServers(cells)
    ? [
        { ...classColumn, head: '  server', rank: 12, cell: (cell) => mark(cell, cell.server ?? '') },
        { ...classColumn, head: 'class', cell: (cell) => shapeOf(cell).workerClass },
      ]
    : [{ ...classColumn, head: '  class', cell: (cell) => mark(cell, shapeOf(cell).workerClass) }]
  return [
    ...first,
    {
      head: 'workers',
      align: 'right',
      from: 0,
      rank: 10,
      cell: (cell) => shapeOf(cell).workers,
    },
    { head: 'threads', align: 'right', from: 0, rank: 8, cell: (cell) => shapeOf(cell).threads },
    { head: 'clients', align: 'right', from: 0, rank: 7, cell: (cell) => String(cell.load.connections) },
    { head: 'req/s', align: 'right', from: 0, rank: 9, cell: (cell) => rates.get(cell) ?? '' },
    {
      head: `p50 ${unit.name}`,
      align: 'right',
      from: 80,
      rank: 2,
      cell: ({ latencyUs }) => unit.format(latencyUs.p50),
    },
    {
      head: `p99 ${unit.name}`,
      align: 'right',
      from: 60,
      rank: 4,
      cell: ({ latencyUs }) => unit.format(latencyUs.p99),
    },
    { head: 'MiB', align: 'right', from: 80, rank: 3, cell: (cell) => formatMib(serverBytes(cell)) },
    {
      head: 'note',
      align: 'left',
      from: 0,
      rank: 6,
      cell: cellNote,
      tint: ({ best, validTrials }) => (best ? 'good' : validTrials === 0 ? 'warn' : 'plain'),
    },
  ]
}
