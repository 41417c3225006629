import type { Workload } from '../result/analysis.js'
import { capacityOf, loopsOf, type Configuration } from '../result/configuration.js'
import { wholeCores } from './formulas.js'
import { assumedWaitPerCpu } from './model.js'
import { inWords, milliseconds, number, underWay } from './wording.js'

/** Of requests under way: so far from the knee a number of workers still follows from it. */
const ABOUT = 0.25

/** What `(2 * N) + 1` assumes about the app, what was measured, and the answer where it follows from that. One sentence. */
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
  const answer =
    recommended !== null && follows(recommended, workload, effectiveCpus, knee)
      ? `: ${inWords(recommended)}`
      : ''
  switch (workload.class) {
    case 'cpu':
    case 'mixed':
      return `${assumes}; ${waits}, so the cores are full with ${underWay(knee)}${answer}.`
    case 'async-io':
      return (
        `${assumes}; ${waits}. One request at a time would take ${number(Math.ceil(knee))} workers; ` +
        `an event loop holds the waiting${answer}.`
      )
    case 'blocking-io':
      return `${assumes}; ${waits} and blocks meanwhile, so N(1+W/C) = ${number(knee)} at a time, each in a loop of its own${answer}.`
    case 'offloop-cpu':
      return (
        `${assumes}; this app computes outside of its event loop (libuv's pool, worker threads, ...), ` +
        `so one worker may fill several cores${answer}.`
      )
    case 'downstream':
      return `${assumes}; of this app only so many requests of one worker proceed at a time, whatever the cores have room for.`
  }
}

/** Measurement may have chosen something else than the sentence before it leads to: then the two do not belong together. */
function follows(
  recommended: Configuration,
  { class: nature }: Workload,
  effectiveCpus: number,
  knee: number,
): boolean {
  const isAsync = recommended.workerClass === 'async'
  const cores = wholeCores(effectiveCpus)
  switch (nature) {
    case 'cpu':
    case 'mixed':
      return isAsync ? loopsOf(recommended) === cores : isAbout(capacityOf(recommended), knee)
    case 'async-io':
      return isAsync
    case 'blocking-io':
      return isAbout(loopsOf(recommended), knee)
    case 'offloop-cpu':
      return recommended.workers < cores || recommended.workers === 1
    case 'downstream':
      return false
  }
}

function isAbout(atATime: number, knee: number): boolean {
  return Math.abs(atATime - knee) < Math.max(1, ABOUT * knee)
}
