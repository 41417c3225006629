import { WORKER_CLASSES, type Configuration, type WorkerClass } from '../result/configuration.js'
import { configuration, type Formula } from './formulas.js'
import { heuristicConfigurations, heuristicWorkers } from './heuristic.js'

export type Supports = (configuration: Configuration) => boolean

/**
 * The formula as this server can run it: as it is, or with its one-at-a-time slots as threads of one process, where the server cannot be told
 * a number of processes. `null` where it can run neither.
 */
export function asServed(formula: Formula, supports: Supports): Formula | null {
  if (supports(formula.configuration)) return formula
  const { workerClass, workers, threads, threadPool } = formula.configuration
  const inOne = configuration('threaded', 1, workers * threads)
  if (workerClass === 'async' || threadPool !== undefined || !supports(inOne)) return null
  return { configuration: inOne, because: `${formula.because}, as threads of the one process of this server` }
}

/** The rule 2N+1 in the class of the table, or else in the first that this server can run. */
export function servedRule(table: WorkerClass, effectiveCpus: number, supports: Supports): Formula {
  const rules = heuristicConfigurations(effectiveCpus)
  const because = `2N+1 = ${heuristicWorkers(effectiveCpus)}`
  for (const workerClass of [table, ...WORKER_CLASSES]) {
    const classic = {
      configuration: rules[workerClass],
      because: `${because}, the classic rule in class ${workerClass}`,
    }
    const served = asServed(classic, supports)
    if (served !== null) return served
  }
  const lone = [configuration('async', 1), configuration('sync', 1)].find(supports)
  if (lone === undefined) throw new Error('the server can run no configuration at all')
  return {
    configuration: lone,
    because: `the one process of this server, which cannot run the rule ${because}`,
  }
}
