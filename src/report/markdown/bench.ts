import type { BenchDocument, Cell } from '../../result/document.js'
import { serverBytes } from '../../result/memory.js'
import { formatLatency, formatMib, latencyUnit, NO_FIGURE } from '../format.js'
import {
  againstBest,
  benchHeadline,
  cellNote,
  hasServers,
  matricesOf,
  ratesWithMargin,
  shapeOf,
  type WorkloadMatrix,
} from '../matrix.js'
import { hostInWords, partialSentence, plural } from '../sentences.js'
import { routesBlock } from './routes.js'
import { serverSideDetails } from './server-side.js'
import { scalingChart } from './chart.js'
import {
  environmentDetails,
  frontComment,
  methodDetails,
  partialBlock,
  rate,
  reliabilityBlock,
  trialsDetails,
  warningsBlock,
} from './sections.js'
import { details, escapeMarkdown, joinBlocks, markdownTable, type MarkdownColumn } from './syntax.js'

/** report.md of `tune bench --matrix`: the best of every workload in one table, the matrices folded. */
export function renderBenchMarkdown(document: BenchDocument): string {
  const matrices = matricesOf(document).filter(({ cells }) => cells.length > 0)
  return joinBlocks([
    frontComment(document),
    [`## ${escapeMarkdown(benchHeadline(document, matrices))}`],
    document.status === 'interrupted' ? [`**Partial:** ${escapeMarkdown(partialSentence(document))}.`] : [],
    matrices.length === 0
      ? partialBlock(document)
      : ['### Best of every workload', '', ...markdownTable(BEST_COLUMNS, matrices)],
    routesBlock(document),
    ...matrices.map((matrix) => chartBlock(document, matrix)),
    reliabilityBlock(document),
    warningsBlock(document),
    ...matrices.map(matrixDetails),
    serverSideDetails(document),
    trialsDetails(document),
    environmentDetails(document),
    methodDetails(document),
  ])
}

function chartBlock(document: BenchDocument, { name }: WorkloadMatrix): string[] {
  const chart = scalingChart(document, name)
  return chart.length === 0 ? [] : [`### Scaling: ${escapeMarkdown(name)}`, '', ...chart]
}

const BEST_COLUMNS: MarkdownColumn<WorkloadMatrix>[] = [
  { head: 'workload', align: 'left', cell: ({ name }) => name },
  {
    head: 'best configuration',
    align: 'left',
    cell: ({ best }) => (best === undefined ? NO_FIGURE : hostInWords(best)),
  },
  {
    head: 'clients',
    align: 'right',
    cell: ({ best }) => (best === undefined ? NO_FIGURE : String(best.load.connections)),
  },
  { head: 'req/s', align: 'right', cell: ({ best }) => rate(best?.throughputRps?.value ?? null) },
  { head: 'p99', align: 'right', cell: ({ best }) => formatLatency(best?.latencyUs.p99 ?? null) },
  { head: '2N+1 sync', align: 'right', cell: (matrix) => ruleCell(matrix, 'sync') },
  { head: '2N+1 threaded', align: 'right', cell: (matrix) => ruleCell(matrix, 'threaded') },
  { head: '2N+1 async', align: 'right', cell: (matrix) => ruleCell(matrix, 'async') },
]

function ruleCell(
  { best, rules, noise }: WorkloadMatrix,
  workerClass: keyof WorkloadMatrix['rules'],
): string {
  const rule = rules[workerClass]
  return best === undefined || rule === undefined ? NO_FIGURE : againstBest(rule, best, noise)
}

function matrixDetails({ name, description, cells }: WorkloadMatrix): string[] {
  const unit = latencyUnit(cells.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  const rates = ratesWithMargin(cells)
  const columns: MarkdownColumn<Cell>[] = [
    ...(hasServers(cells)
      ? [{ head: 'server', align: 'left' as const, cell: ({ server }: Cell) => server ?? '' }]
      : []),
    { head: 'class', align: 'left', cell: (cell) => shapeOf(cell).workerClass },
    { head: 'workers', align: 'right', cell: (cell) => shapeOf(cell).workers },
    { head: 'threads', align: 'right', cell: (cell) => shapeOf(cell).threads },
    { head: 'clients', align: 'right', cell: ({ load }) => String(load.connections) },
    { head: 'req/s', align: 'right', cell: (cell) => rates.get(cell) ?? '' },
    { head: `p50 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p50) },
    { head: `p99 ${unit.name}`, align: 'right', cell: ({ latencyUs }) => unit.format(latencyUs.p99) },
    { head: 'MiB', align: 'right', cell: (cell) => formatMib(serverBytes(cell)) },
    { head: 'note', align: 'left', cell: cellNote },
  ]
  const title = description === '' ? name : `${name}: ${description}`
  return details(`${title} (${cells.length} ${plural(cells.length, 'cell')})`, markdownTable(columns, cells))
}
