import type { Finding, MemoryModel, Workload } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import type { Machine } from '../result/machine.js'
import { DESCRIPTORS_OF_ITS_OWN, descriptorsOf } from './caps.js'
import { wholeCores } from './formulas.js'
import { heuristicWorkers } from './heuristic.js'
import { loopKnee } from './model.js'
import { mebibytes, number, percent } from './wording.js'

/** What the rules look at. */
export interface RuleContext {
  workload: Workload
  machine: Machine
  memory: MemoryModel
  recommended: Configuration
  /** False when the run could not tell, and `recommended` merely stands in. */
  decided: boolean
  /** Configured backlog of the server. */
  backlog: number
}

/** The classic decision table, rule by rule with what was measured, then the limits of the machine. */
export function applyRules(context: RuleContext): Finding[] {
  return [
    ruleIo(context),
    ruleCpu(context),
    ruleMemory(context),
    ruleDefault(context),
    heuristicMemory(context),
    openFiles(context),
    backlog(context),
    loopRoom(context),
  ].filter((finding) => finding !== null)
}

/** How a rule of the decision table stands to what was measured. */
type Standing = 'silent' | 'undecided' | 'followed' | 'contradicted'

const LEVELS: Record<Standing, Finding['level']> = {
  silent: 'info',
  undecided: 'info',
  followed: 'ok',
  contradicted: 'warn',
}

function standing(fires: boolean, decided: boolean, followed: boolean): Standing {
  if (!fires) return 'silent'
  if (!decided) return 'undecided'
  return followed ? 'followed' : 'contradicted'
}

function ruleIo({ workload, recommended, decided }: RuleContext): Finding {
  const blocking = workload.class === 'blocking-io'
  const fires = blocking || workload.class === 'async-io' || workload.class === 'downstream'
  const stands = standing(fires, decided, recommended.workerClass !== 'sync')
  const advice: Record<Standing, string> = {
    silent: 'Does not apply: the app does not mostly wait.',
    undecided: 'Applies, so async would be the place to start; this run could not tell.',
    followed: 'Applies, and the measurement agrees.',
    contradicted: 'Applies, but the measurement preferred another class.',
  }
  return {
    id: 'TUNE-RULE-IO',
    level: LEVELS[stands],
    title: 'I/O-bound: use the async class',
    observed: `waits ${number(workload.waitMsPerRequest)} ms of ${number(workload.residenceMsPerRequest)} ms, event loop busy ${percent(workload.loopShare)}`,
    rule: 'fires when a request mostly waits',
    advice: blocking
      ? 'The waiting blocks the event loop, so async cannot use it. Replace the blocking call by its asynchronous form, or give each wait a worker or thread.'
      : advice[stands],
    evidence: 'measured',
  }
}

function ruleCpu({ workload, machine, recommended, decided }: RuleContext): Finding {
  const fires = workload.class === 'cpu' || workload.class === 'offloop-cpu'
  const cores = wholeCores(machine.effectiveCpus)
  const stands = standing(fires, decided, recommended.workers <= cores)
  const advice: Record<Standing, string> = {
    silent: 'Does not apply: the app does not mostly compute.',
    undecided: `Applies, so ${cores} would be the place to start; this run could not tell.`,
    followed:
      'Applies, and the recommendation keeps to it. More throughput takes less CPU per request or more cores.',
    contradicted: `Applies, but ${recommended.workers} workers measured at least as well as ${cores}.`,
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

function ruleMemory({ memory, machine }: RuleContext): Finding {
  const cores = wholeCores(machine.effectiveCpus)
  const fires = memory.maxWorkers < cores
  const ratio = memory.perThreadBytes / memory.perWorkerBytes
  return {
    id: 'TUNE-RULE-MEM',
    level: fires ? 'warn' : 'info',
    title: 'Memory-bound: threads before processes',
    observed: `memory holds ${memory.maxWorkers} workers of ${mebibytes(memory.perWorkerBytes)}; a thread costs ${mebibytes(memory.perThreadBytes)}`,
    rule: `fires when memory holds fewer workers than the ${cores} cores need`,
    advice: fires
      ? `Applies. In Node a thread still costs ${percent(ratio)} of a process, because it has a heap of its own.`
      : 'Does not apply: memory holds a worker for every core.',
    evidence: memory.evidence,
  }
}

function ruleDefault({ workload, machine }: RuleContext): Finding {
  const fires = workload.confidence === 'low'
  const workers = heuristicWorkers(machine.effectiveCpus)
  return {
    id: 'TUNE-RULE-DEFAULT',
    level: 'info',
    title: `Nothing known: 2N+1 = ${workers} workers`,
    observed: `class ${workload.class}, confidence ${workload.confidence}`,
    rule: 'fires when the nature of the work is not known',
    advice: fires
      ? `Applies until a quieter or longer run says more: ${workers} workers are a fair start.`
      : 'Does not apply: the work was measured.',
    evidence: 'rule of thumb',
  }
}

/** The rule knows nothing of memory; where it does not fit, that is the first thing to know. */
function heuristicMemory({ memory, machine }: RuleContext): Finding | null {
  const workers = heuristicWorkers(machine.effectiveCpus)
  if (workers <= memory.maxWorkers) return null
  return {
    id: 'TUNE-LIMIT-MEM',
    level: 'warn',
    title: '2N+1 workers do not fit into memory',
    observed: `${memory.maxWorkers} workers of ${mebibytes(memory.perWorkerBytes)} fit into ${mebibytes(machine.memoryLimitBytes)} (${machine.memoryLimitSource})`,
    rule: `2N+1 = ${workers} workers`,
    advice:
      'Do not start that many: the kernel would end them under load. The rule was measured with as many as fit.',
    evidence: memory.evidence,
  }
}

function openFiles({ machine, recommended }: RuleContext): Finding | null {
  if (machine.openFilesLimit === null) return null
  const needed = descriptorsOf(recommended)
  const perProcess = needed - DESCRIPTORS_OF_ITS_OWN
  const enough = machine.openFilesLimit >= needed
  return {
    id: 'TUNE-LIMIT-FILES',
    level: enough ? 'ok' : 'warn',
    title: 'Open files per process',
    observed: `limit ${machine.openFilesLimit}`,
    rule: `a worker needs up to ${needed}: ${perProcess} connections and about ${DESCRIPTORS_OF_ITS_OWN} of its own`,
    advice: enough
      ? 'Enough.'
      : `Raise it (ulimit -n ${2 * needed}, LimitNOFILE= in systemd), or accept fewer worker connections.`,
    evidence: 'measured',
  }
}

function backlog({ machine, backlog: configured }: RuleContext): Finding | null {
  if (machine.somaxconn === null) return null
  const enough = machine.somaxconn >= configured
  return {
    id: 'TUNE-LIMIT-BACKLOG',
    level: enough ? 'ok' : 'warn',
    title: 'Listen backlog',
    observed: `net.core.somaxconn ${machine.somaxconn}`,
    rule: `the kernel cuts the configured backlog of ${configured} to somaxconn`,
    advice: enough
      ? 'Enough.'
      : `Set net.core.somaxconn to ${configured}, or expect refused connections in bursts above ${machine.somaxconn}.`,
    evidence: 'measured',
  }
}

/** Worker connections against what keeps one loop busy: beyond it they only queue, below it they starve it. */
function loopRoom({ workload, recommended }: RuleContext): Finding | null {
  const knee = loopKnee(workload)
  if (recommended.workerClass !== 'async' || knee === null) return null
  const enough = recommended.workerConnections >= 2 * knee
  return {
    id: 'TUNE-CONN-LOOP',
    level: enough ? 'ok' : 'warn',
    title: 'Worker connections',
    observed: `${recommended.workerConnections} a loop; ${number(knee)} requests under way fill one`,
    rule: 'at least twice the requests that fill a loop, so that idle keep-alive connections do not starve it',
    advice: enough
      ? `Not the limit. Connections beyond ${number(Math.ceil(2 * knee))} a loop only queue in the worker instead of the backlog.`
      : `Raise --worker-connections to ${Math.ceil(2 * knee)}.`,
    evidence: 'modelled',
  }
}
