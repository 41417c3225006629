import type { RouteWorkload } from '../result/analysis.js'
import { configurationKey } from '../result/configuration.js'
import type { ResultDocument } from '../result/document.js'
import { median } from '../result/median.js'
import type { Trial } from '../result/trial.js'
import { trialsOf } from './matrix.js'
import { timesGrade } from './sentences.js'

/** The requests of a mix with their nature, where each was measured by itself; empty otherwise. */
export function classifiedRoutes(document: ResultDocument): RouteWorkload[] {
  return document.command === 'analyze' ? (document.workload?.routes ?? []) : []
}

/** Grade of their times, which one server tells all alike; empty where none was measured, and in results of older versions. */
export function routesGrade(routes: readonly RouteWorkload[]): string {
  return timesGrade(routes.find(({ evidence }) => evidence !== undefined)?.evidence, 'name')
}

/** One request of a mix, over the believed trials of the configuration that the answer is about. */
export interface RouteRow {
  name: string
  /** Of all answers. */
  share: number
  errors: number
  p50Us: number | null
  p99Us: number | null
}

/** Empty where one request was measured. Percentiles are medians over trials that can carry them. */
export function routeRows(document: ResultDocument): RouteRow[] {
  const trials = decisiveTrials(document)
  const names = document.request.mix?.routes.map(({ name }) => name) ?? []
  const rows = names.map((name) => {
    const own = trials.flatMap(({ routes = [] }) => routes.filter((route) => route.name === name))
    const sum = (pick: (route: (typeof own)[number]) => number) =>
      own.reduce((total, route) => total + pick(route), 0)
    return {
      name,
      count: sum(({ count }) => count),
      errors: sum(({ errors }) => errors),
      p50Us: median(own.map(({ p50Us }) => p50Us)),
      p99Us: median(own.map(({ p99Us }) => p99Us)),
    }
  })
  const all = rows.reduce((total, { count }) => total + count, 0)
  return all === 0 ? [] : rows.map(({ count, ...row }) => ({ ...row, share: count / all }))
}

/** What the table is about: the recommended configuration, or the best cell. */
function decisiveTrials(document: ResultDocument): Trial[] {
  const { trials } = document
  if (document.command === 'analyze') {
    const chosen = document.recommendation?.configuration
    if (chosen === undefined) return []
    return trials.filter(
      ({ block, configuration, validity }) =>
        block !== null && validity.ok && configurationKey(configuration) === configurationKey(chosen),
    )
  }
  const best = document.cells.find((cell) => cell.best)
  if (best === undefined) return []
  return trialsOf(best, trials).filter(({ validity }) => validity.ok)
}
