import { configurationKey, WORKER_CLASSES, type WorkerClass } from '../result/configuration.js'
import type { BenchDocument, Cell } from '../result/document.js'
import { targetName } from '../result/host-key.js'
import type { Trial } from '../result/trial.js'
import { formatChange, formatPlusMinus, formatRate, NO_FIGURE } from './format.js'
import { orderCells } from './order.js'
import { hostInWords, plural } from './sentences.js'
import { verdictWord, type Yardstick } from './verdicts.js'

/** The part of a matrix that belongs to one workload. */
export interface WorkloadMatrix {
  name: string
  description: string
  cells: Cell[]
  /** What its cells were told apart by; `null` where it was not measured. */
  noise: Yardstick | null
  best: Cell | undefined
  /** `2N+1` in each class, at the load where it did best; among several servers that of the best one. */
  rules: Partial<Record<WorkerClass, Cell>>
}

/** Workloads in the order of the plan, then any that only the cells know. */
export function matricesOf({ plan, cells }: BenchDocument): WorkloadMatrix[] {
  const described = new Map(plan.workloads.map((one) => [one.name, one]))
  const names = new Set([...described.keys(), ...cells.map(({ workload }) => workload)])
  return [...names].map((name) => {
    const own = orderCells(cells.filter(({ workload }) => workload === name))
    const best = own.find((cell) => cell.best)
    return {
      name,
      description: described.get(name)?.description ?? '',
      cells: own,
      noise: described.get(name)?.noise ?? null,
      best,
      rules: Object.fromEntries(
        WORKER_CLASSES.flatMap((workerClass) => {
          const rule = fastest(
            own.filter(
              ({ heuristic, server, configuration }) =>
                heuristic &&
                configuration.workerClass === workerClass &&
                (best === undefined || server === best.server),
            ),
          )
          return rule === undefined ? [] : [[workerClass, rule]]
        }),
      ),
    }
  })
}

/** `io: best is 2 async workers at 64 clients, 3,120 req/s; 2N+1: sync -92 % (worse), async the same`. */
export function summaryOf({ name, best, rules, cells, noise }: WorkloadMatrix): string {
  if (best === undefined && cells.some(({ validTrials }) => validTrials > 0)) {
    return `${name}: inconclusive, too many trials may not be believed`
  }
  if (best?.throughputRps == null) return `${name}: no cell with a trial that may be believed`
  const answer = cellInWords(best)
  const others = bestOfOthers(cells, best)
  if (others.length > 0) {
    const rivals = others.map((cell) => `${cell.server ?? ''} ${againstBest(cell, best, noise)}`)
    return `${name}: best is ${answer}, ${formatRate(best.throughputRps.value)} req/s; the best of ${rivals.join(', ')}`
  }
  const compared = WORKER_CLASSES.flatMap((workerClass) => {
    const rule = rules[workerClass]
    return rule === undefined ? [] : [`${workerClass} ${againstBest(rule, best, noise)}`]
  })
  const tail = compared.length === 0 ? '' : `; 2N+1: ${compared.join(', ')}`
  return `${name}: best is ${answer}, ${formatRate(best.throughputRps.value)} req/s${tail}`
}

/** Class, workers and threads of a cell as a table shows them: nobody tells those of a server that runs already. */
export function shapeOf({ server, configuration }: Cell): {
  workerClass: string
  workers: string
  threads: string
} {
  if (server === 'url') return { workerClass: NO_FIGURE, workers: NO_FIGURE, threads: NO_FIGURE }
  const { workerClass, workers, threads } = configuration
  return { workerClass, workers: String(workers), threads: String(threads) }
}

/** The answer in one line. */
export function benchHeadline({ app, cells }: BenchDocument, matrices: readonly WorkloadMatrix[]): string {
  const [only] = matrices
  if (only === undefined) return 'Partial: no cell of the matrix is complete'
  if (matrices.length === 1) return `Best for ${summaryOf(only).replace(': best is', ':')}`
  const what = app === null ? `${matrices.length} workloads` : app.spec
  return `Matrix of ${what}: ${cells.length} cells`
}

/** Of every other server, the cell where it did best. */
function bestOfOthers(cells: readonly Cell[], best: Cell): Cell[] {
  const servers = new Set(cells.map(({ server }) => server))
  servers.delete(best.server)
  return [...servers].flatMap((server) => fastest(cells.filter((cell) => cell.server === server)) ?? [])
}

/** `2 async workers at 64 clients`. */
export function cellInWords(cell: Cell): string {
  const { connections } = cell.load
  return `${hostInWords(cell)} at ${connections} ${plural(connections, 'client')}`
}

/** The trials that a cell was read from, in the order in which they were made. */
export function trialsOf(cell: Cell, trials: readonly Trial[]): Trial[] {
  const target = targetName(cell.workload, cell)
  return trials.filter(
    (trial) =>
      trial.load.connections === cell.load.connections &&
      // A server that runs already is the only one; versions before named a shape in its target.
      (cell.server === 'url' ? trial.workload === cell.workload : trial.target === target),
  )
}

/** Whether a table needs a column for what serves. */
export function hasServers(cells: readonly Cell[]): boolean {
  return cells.some(({ server }) => server !== undefined)
}

/** How a cell compares with the best of its workload: `the same`, `-92 % (worse)`, `not measured`. */
export function againstBest(cell: Cell, best: Cell, noise: Yardstick | null): string {
  const sameServer = cell.server === best.server
  if (sameServer && configurationKey(cell.configuration) === configurationKey(best.configuration)) {
    return 'the same'
  }
  if (cell.effect === null) return cell.throughputRps === null ? 'not measured' : 'not compared'
  const word = cell.verdict === null ? '' : ` (${verdictWord(cell.verdict, cell.effect, noise)})`
  return `${formatChange(cell.effect.ratio)}${word}`
}

/** `best`, `2N+1`, `equivalent`, errors and what made its trials unusable. */
export function cellNote({ best, heuristic, verdict, errors, invalidReasons, validTrials }: Cell): string {
  return [
    best ? 'best' : '',
    heuristic ? '2N+1' : '',
    !best && verdict === 'equivalent' ? 'equivalent' : '',
    errors > 0 ? `${errors} ${plural(errors, 'error')}` : '',
    validTrials === 0 ? 'not believed' : '',
    ...new Set(invalidReasons),
  ]
    .filter((part) => part !== '')
    .join(', ')
}

/** `1,930 ±2.4 %`, the part behind the figure padded so that the figures of a column stand below each other. */
export function ratesWithMargin(cells: readonly Cell[]): Map<Cell, string> {
  const margins = cells.map(({ throughputRps }) =>
    throughputRps === null ? '' : formatPlusMinus(throughputRps),
  )
  const width = Math.max(0, ...margins.map((margin) => margin.length))
  return new Map(
    cells.map((cell, index) => {
      const value = cell.throughputRps === null ? NO_FIGURE : formatRate(cell.throughputRps.value)
      const margin = margins[index] ?? ''
      return [cell, width === 0 ? value : `${value} ${margin.padStart(width)}`]
    }),
  )
}

function fastest(cells: readonly Cell[]): Cell | undefined {
  const [first, ...others] = cells
  return first === undefined
    ? undefined
    : others.reduce(
        (a, b) => ((b.throughputRps?.value ?? -1) > (a.throughputRps?.value ?? -1) ? b : a),
        first,
      )
}
