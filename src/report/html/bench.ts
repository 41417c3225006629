import { hostKey } from '../../result/host-key.js'
import type { BenchDocument, Cell } from '../../result/document.js'
import type { Trial } from '../../result/trial.js'
import { serverBytes } from '../../result/memory.js'
import { formatLatency, formatMib, formatRate, formatShare, latencyUnit, NO_FIGURE } from '../format.js'
import {
  againstBest,
  benchHeadline,
  cellInWords,
  cellNote,
  hasServers,
  matricesOf,
  shapeOf,
  summaryOf,
  trialsOf,
  type WorkloadMatrix,
} from '../matrix.js'
import { hostInWords, partialSentence, plural } from '../sentences.js'
import { figure } from './charts/chart.js'
import { heatMap, type HeatCell } from './charts/heat-map.js'
import { latencyFigure, memoryFigure, throughputFigure, timelineSection, type Entry } from './figures.js'
import { markup, NOTHING, type Html } from './markup.js'
import type { PageContent, Section } from './page.js'
import { footerOf, methodSection, partialSection, rate, reliabilitySection } from './parts.js'
import { routesSection } from './routes.js'
import { scalingFigure } from './scaling.js'
import { serverSideSection } from './server-side.js'
import { htmlTable } from './table.js'

/** The page of `tune bench`: the best of every workload, then each workload with its pictures and its matrix. */
export function benchPage(document: BenchDocument): PageContent {
  const matrices = matricesOf(document).filter(({ cells }) => cells.length > 0)
  const { app, status } = document
  const partial =
    status === 'interrupted'
      ? markup`<p><strong>Partial:</strong> ${partialSentence(document)}.</p>`
      : NOTHING
  const headline = benchHeadline(document, matrices)
  return {
    title: headline,
    header: markup`<p class="kicker">${`tune bench${app === null ? '' : ` ${app.spec}`}`}</p>
      <div class="card ${status === 'interrupted' || matrices.length === 0 ? 'warn' : 'good'}">
        <h1>${headline}</h1>
        ${partial}${matrices.length === 0 ? NOTHING : bestTable(matrices)}
      </div>`,
    sections: [
      ...(matrices.length === 0 ? partialSection(document) : []),
      ...matrices.map((matrix, index) => workloadSection(matrix, index, document)),
      ...routesSection(document),
      ...serverSideSection(document),
      reliabilitySection(document),
      ...timelineSection(document),
      methodSection(document),
    ],
    footer: footerOf(document),
  }
}

function bestTable(matrices: readonly WorkloadMatrix[]): Html {
  const rule = (
    { best, rules, noise }: WorkloadMatrix,
    workerClass: keyof WorkloadMatrix['rules'],
  ): string => {
    const cell = rules[workerClass]
    return best === undefined || cell === undefined ? NO_FIGURE : againstBest(cell, best, noise)
  }
  return htmlTable({
    caption: 'The best of every workload, and the rule 2N+1 of each class against it',
    rows: matrices,
    columns: [
      { head: 'workload', align: 'left', cell: ({ name }) => name },
      {
        head: 'best configuration',
        align: 'left',
        cell: ({ best }) => (best === undefined ? NO_FIGURE : hostInWords(best)),
      },
      { head: 'clients', align: 'right', cell: ({ best }) => String(best?.load.connections ?? NO_FIGURE) },
      { head: 'req/s', align: 'right', cell: ({ best }) => rate(best?.throughputRps?.value ?? null) },
      { head: 'p99', align: 'right', cell: ({ best }) => formatLatency(best?.latencyUs.p99 ?? null) },
      { head: '2N+1 sync', align: 'left', cell: (matrix) => rule(matrix, 'sync') },
      { head: '2N+1 threaded', align: 'left', cell: (matrix) => rule(matrix, 'threaded') },
      { head: '2N+1 async', align: 'left', cell: (matrix) => rule(matrix, 'async') },
    ],
  })
}

function workloadSection(matrix: WorkloadMatrix, index: number, document: BenchDocument): Section {
  const { name, description, cells, best } = matrix
  const id = `workload-${index + 1}`
  const entries = entriesOf(matrix, document.trials)
  // The best, then the rules, then the rest by throughput: what a reader compares comes first.
  const rules = new Set(Object.values(matrix.rules).map(labelOf))
  const weight = (entry: Entry): number => (entry.best ? 0 : rules.has(entry.label) ? 1 : 2)
  return {
    id,
    link: name,
    title: description === '' ? name : `${name}: ${description}`,
    body: markup`<p>${summaryOf(matrix)}.</p>
      ${heatFigure(id, cells, best)}${throughputFigure(`${id}-throughput`, entries)}${scalingFigure(`${id}-scaling`, document, name)}${latencyFigure(
        `${id}-latency`,
        entries.toSorted((a, b) => weight(a) - weight(b)),
      )}${memoryFigure(`${id}-memory`, entries)}
      <h3>Matrix</h3>
      ${matrixTable(cells)}`,
  }
}

/** Fastest first; cells without a believed trial last. */
function entriesOf({ cells }: WorkloadMatrix, trials: readonly Trial[]): Entry[] {
  return cells
    .toSorted((a, b) => (b.throughputRps?.value ?? -1) - (a.throughputRps?.value ?? -1))
    .map((cell) => ({
      label: labelOf(cell),
      throughputRps: cell.throughputRps,
      memoryBytes: serverBytes(cell),
      best: cell.best,
      trials: trialsOf(cell, trials),
    }))
}

function labelOf(cell: Cell): string {
  const { best, heuristic } = cell
  const words = [best ? 'best' : '', heuristic ? '2N+1' : ''].filter((word) => word !== '').join(', ')
  return `${cellInWords(cell)}${words === '' ? '' : `: ${words}`}`
}

/** A picture only where both axes vary; anything less is read from the bars. */
function heatFigure(id: string, cells: readonly Cell[], best: Cell | undefined): Html {
  const loads = new Set(cells.map(({ load }) => load.connections))
  const workers = new Set(cells.map(hostKey))
  if (loads.size < 2 || workers.size < 2 || best?.throughputRps == null) return NOTHING
  const most = best.throughputRps.value
  const columns = [...loads].toSorted((a, b) => a - b).map(String)
  const table = htmlTable({
    caption: 'Requests per second, workers by client connections',
    rows: [...workers],
    columns: [
      {
        head: 'configuration',
        align: 'left',
        cell: (key) => shortLabel(cells.find((cell) => hostKey(cell) === key)),
      },
      ...columns.map((column) => ({
        head: `${column} ${plural(Number(column), 'client')}`,
        align: 'right' as const,
        cell: (key: string) => {
          const cell = cells.find((one) => hostKey(one) === key && String(one.load.connections) === column)
          return cell?.throughputRps == null
            ? NO_FIGURE
            : `${formatRate(cell.throughputRps.value)} (${formatShare(cell.throughputRps.value / most)})`
        },
      })),
    ],
  })
  return figure(
    {
      id: `${id}-heat`,
      title: 'Throughput over workers and connections',
      description: `Requests per second of each configuration (rows) at each number of client connections (columns); the stronger the colour, the faster. The framed cell is the best: ${labelOf(best)}.`,
      draw: (width) => heatMap(cells.map(heatCell), columns, 'client connections', width),
    },
    table,
  )
}

function heatCell(cell: Cell): HeatCell {
  const { load, throughputRps, best } = cell
  return {
    row: shortLabel(cell),
    column: String(load.connections),
    value: throughputRps?.value ?? null,
    text: throughputRps === null ? NO_FIGURE : formatRate(throughputRps.value),
    best,
  }
}

/** `threaded 2×3`, `async 5`, `pm2 async 5`. */
function shortLabel(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  if (cell.server === 'url') return hostInWords(cell)
  const { workerClass, workers, threads } = cell.configuration
  const named = cell.server === undefined ? '' : `${cell.server} `
  return `${named}${workerClass} ${workers}${threads > 1 ? `×${threads}` : ''}`
}

function matrixTable(cells: readonly Cell[]): Html {
  const unit = latencyUnit(cells.flatMap(({ latencyUs }) => [latencyUs.p50, latencyUs.p99]))
  return htmlTable({
    caption: `All ${cells.length} cells; a head sorts by its column`,
    rows: cells,
    sortable: true,
    mark: ({ best, validTrials }) => (best ? 'best' : validTrials === 0 ? 'invalid' : ''),
    columns: [
      ...(hasServers(cells)
        ? [{ head: 'server', align: 'left' as const, cell: ({ server }: Cell) => server ?? '' }]
        : []),
      { head: 'class', align: 'left', cell: (cell) => shapeOf(cell).workerClass },
      { head: 'workers', align: 'right', cell: (cell) => shapeOf(cell).workers },
      { head: 'threads', align: 'right', cell: (cell) => shapeOf(cell).threads },
      { head: 'clients', align: 'right', cell: ({ load }) => String(load.connections) },
      { head: 'req/s', figure: ({ throughputRps }) => throughputRps?.value ?? null, format: formatRate },
      { head: 'from', figure: ({ throughputRps }) => throughputRps?.low ?? null, format: formatRate },
      { head: 'to', figure: ({ throughputRps }) => throughputRps?.high ?? null, format: formatRate },
      { head: `p50 ${unit.name}`, figure: ({ latencyUs }) => latencyUs.p50, format: unit.format },
      { head: `p99 ${unit.name}`, figure: ({ latencyUs }) => latencyUs.p99, format: unit.format },
      { head: 'MiB', figure: serverBytes, format: formatMib },
      { head: 'note', align: 'left', cell: cellNote },
    ],
  })
}
