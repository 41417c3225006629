import type { Workload } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import { assumedWaitPerCpu } from './model.js'
import { inWords, milliseconds, number } from './wording.js'

/** What `(2 * N) + 1` assumes about the app, what was measured, and what follows. One sentence. */
export function explainHeuristic(
  workload: Workload,
  effectiveCpus: number,
  heuristicWorkers: number,
  recommended: Configuration | null,
): string {
  const { cpuMsPerRequest: cpu, waitMsPerRequest: wait, kneeConcurrency: knee } = workload
  const assumes =
    `2N+1 = ${heuristicWorkers} assumes ${milliseconds(assumedWaitPerCpu(effectiveCpus))} of waiting ` +
    `per ms of CPU (1+1/N, N = ${number(effectiveCpus)})`
  if (cpu === 0 || knee === null) return `${assumes}; the CPU of this app is too little to measure.`
  const waits = `this app waits ${number(wait / cpu)}`
  const answer = recommended === null ? '' : `: ${inWords(recommended)}`
  switch (workload.class) {
    case 'cpu':
      return `${assumes}; ${waits}, so the cores are full with ${number(knee)} requests under way${answer}.`
    case 'async-io':
      return (
        `${assumes}; ${waits}. One request at a time would take ${number(Math.ceil(knee))} workers; ` +
        `an event loop holds the waiting${answer}.`
      )
    case 'blocking-io':
      return `${assumes}; ${waits} and blocks meanwhile, so N(1+W/C) = ${number(knee)} at a time, each in a loop of its own${answer}.`
    case 'offloop-cpu':
      return `${assumes}; this app computes on libuv's threads, so more workers add no cores${answer}.`
    case 'mixed':
      return `${assumes}; ${waits}, so the cores are full with ${number(knee)} requests under way${answer}.`
    case 'downstream':
      return `${assumes}; what this app waits for lets only so many requests proceed, whatever the workers${answer}.`
  }
}
