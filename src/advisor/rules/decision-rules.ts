import type { Finding } from '../../result/analysis.js'
import { decisionTableClass } from '../decision-table.js'
import { wholeCores } from '../formulas.js'
import { heuristicWorkers } from '../heuristic.js'
import { inWords, mebibytes, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'

/** How a rule of the decision table stands to what was measured. */
type Standing = 'silent' | 'undecided' | 'followed' | 'contradicted'

const LEVELS: Record<Standing, Finding['level']> = {
  silent: 'info',
  undecided: 'info',
  followed: 'ok',
  contradicted: 'warn',
}

function standing(fires: boolean, action: RuleContext['action'], followed: boolean): Standing {
  if (!fires) return 'silent'
  if (action === 'inconclusive') return 'undecided'
  return followed ? 'followed' : 'contradicted'
}

export function ruleIo({ workload, recommended, action }: RuleContext): KnownFinding {
  const blocking = workload.class === 'blocking-io'
  // The same line as the heuristic draws, or the report would contradict itself: a mixed app whose loop is mostly free counts as I/O.
  const fires = blocking || decisionTableClass(workload) === 'async'
  const stands = standing(fires, action, recommended.workerClass !== 'sync')
  const { waitMsPerRequest: wait, residenceMsPerRequest: residence } = workload
  const waits = residence === 0 ? 0 : Math.min(1, wait / residence)
  const advice: Record<Standing, string> = {
    silent: `Does not fire: a request waits ${percent(waits)} of its time, and the loop is busy for ${percent(workload.loopShare)}.`,
    undecided: 'Fires, so async is the place to start; this run could not tell.',
    followed: 'Fires, and the measurement agrees.',
    contradicted: `Fires, but ${inWords(recommended)} measured better.`,
  }
  return {
    id: 'TUNE-RULE-IO',
    level: LEVELS[stands],
    title: 'I/O-bound: use the async class',
    observed: `waits ${number(wait)} ms of ${number(residence)} ms, event loop busy ${percent(workload.loopShare)}`,
    rule: 'fires when a request mostly waits and the event loop is free for at least half of the time, or blocked by waiting',
    advice: blocking
      ? 'The waiting blocks the event loop, so async cannot use it. Replace the blocking call by its asynchronous form, or give each wait a worker or thread.'
      : advice[stands],
    evidence: 'measured',
  }
}

export function ruleCpu({ workload, machine, recommended, action }: RuleContext): KnownFinding {
  const fires = workload.class === 'cpu' || workload.class === 'offloop-cpu'
  const cores = wholeCores(machine.effectiveCpus)
  const stands = standing(fires, action, recommended.workers <= cores)
  const advice: Record<Standing, string> = {
    silent: `Does not fire: CPU is ${percent(workload.cpuShare)} of the response time.`,
    undecided: `Fires, so ${cores} is the place to start; this run could not tell.`,
    followed: `Fires, and ${recommended.workers} for ${number(machine.effectiveCpus)} CPUs keeps to it.`,
    contradicted: `Fires, but ${recommended.workers} workers measured at least as well as ${cores}.`,
  }
  return {
    id: 'TUNE-RULE-CPU',
    level: LEVELS[stands],
    title: 'CPU-bound: workers up to the number of cores',
    observed: `CPU ${percent(workload.cpuShare)} of the response time, ${number(machine.effectiveCpus)} effective cores`,
    rule: `fires when a request mostly computes; workers <= ${cores}`,
    advice: advice[stands],
    evidence: 'measured',
  }
}

export function ruleMemory({ memory, machine, server }: RuleContext): KnownFinding {
  const cores = wholeCores(machine.effectiveCpus)
  const fires = memory.maxWorkers < cores
  const ratio = percent(memory.perThreadBytes / memory.perWorkerBytes)
  return {
    id: 'TUNE-RULE-MEM',
    level: fires ? 'warn' : 'info',
    title: 'Memory-bound: threads before processes',
    observed: `memory holds ${memory.maxWorkers} workers of ${mebibytes(memory.perWorkerBytes)}; a thread costs ${mebibytes(memory.perThreadBytes)}`,
    rule: `fires when memory holds fewer workers than the ${cores} cores need`,
    advice: fires
      ? server.language === 'node'
        ? `Fires. In Node a thread still costs ${ratio} of a process, because it has a heap of its own.`
        : `Fires. A thread costs ${ratio} of a process.`
      : `Does not fire: memory holds ${memory.maxWorkers} workers of ${mebibytes(memory.perWorkerBytes)}, and ${cores} fill the cores.`,
    evidence: memory.evidence,
  }
}

export function ruleDefault({ workload, machine }: RuleContext): KnownFinding {
  const fires = workload.confidence === 'low'
  const workers = heuristicWorkers(machine.effectiveCpus)
  return {
    id: 'TUNE-RULE-DEFAULT',
    level: 'info',
    title: `Nothing known: 2N+1 = ${workers} workers`,
    observed: `class ${workload.class}, confidence ${workload.confidence}`,
    rule: 'fires when the nature of the work is not known',
    advice: fires
      ? `Fires until a quieter or longer run says more: ${workers} workers are a fair start.`
      : `Does not fire: measured as ${workload.class}, ${workload.confidence} confidence.`,
    evidence: 'rule of thumb',
  }
}
