import type { MemoryModel, Workload } from '../result/analysis.js'
import {
  configurationKey,
  WORKER_CLASSES,
  type Configuration,
  type WorkerClass,
} from '../result/configuration.js'
import { decisionTableClass } from './decision-table.js'
import { configuration, formulasFor, wholeCores, type Formula } from './formulas.js'
import { heuristicConfigurations, heuristicWorkers } from './heuristic.js'
import { configurationBytes } from './memory.js'
import { throughputBound } from './model.js'
import { mebibytes } from './wording.js'

export interface ProposalContext {
  workload: Workload
  effectiveCpus: number
  memory: MemoryModel
  /** Bytes that one configuration may use (memory.ts `memoryBudget`). */
  memoryBudgetBytes: number
  /** What runs today, if anybody said so. */
  current: Configuration | null
  /** Most candidates that the time budget carries. Controls count, and stay even beyond it. */
  limit: number
  /** Whether the server can run it; all of them unless told otherwise. */
  supports?: (configuration: Configuration) => boolean
}

interface Proposal {
  key: string
  configuration: Configuration
  proposedBy: string[]
  /** Stays to the end of the race: the rule at its best, and the current configuration. */
  control: boolean
}

export interface Proposals {
  /** Controls first, then the most promising ones. */
  proposals: Proposal[]
  /** Considered and left out; `why` says for what reason. */
  excluded: { key: string; configuration: Configuration; proposedBy: string[]; why: string }[]
  /** The rule at its best: the class of the decision table with 2N+1 workers, as far as memory allows. */
  heuristicKey: string
  /** `null` without a current configuration, and when it does not fit into memory. */
  currentKey: string | null
}

/** Below this share of the best modelled throughput a candidate cannot win, and is not worth its trials. */
const HOPELESS = 0.1
/** The model knows no more than the order of magnitude of queues, so it is asked at a load that fills everything. */
const PLENTY_OF_CONNECTIONS = 512

/** Candidates by formula for this workload and machine: never more than memory holds, the rule always among them. */
export function proposeCandidates(context: ProposalContext): Proposals {
  const { workload, effectiveCpus, current, supports = () => true } = context
  const rules = heuristicConfigurations(effectiveCpus)
  const table = decisionTableClass(workload)
  const best = [table, ...WORKER_CLASSES].find((one) => supports(rules[one])) ?? table
  const excluded: Proposals['excluded'] = []

  const heuristic = fitToMemory(ruleFormula(rules, best, effectiveCpus), context)
  const merged = new Map<string, Proposal>()
  add(merged, heuristic, true)
  const heuristicKey = configurationKey(heuristic.configuration)
  let currentKey: string | null = null
  if (current !== null && fits(current, context)) {
    add(merged, { configuration: current, because: 'runs today' }, true)
    currentKey = configurationKey(current)
  } else if (current !== null) {
    const bytes = configurationBytes(current, context.memory)
    const why = `needs about ${mebibytes(bytes)} with room to grow, ${mebibytes(context.memoryBudgetBytes)} may be used`
    excluded.push({
      key: configurationKey(current),
      configuration: current,
      proposedBy: ['runs today'],
      why,
    })
  }

  const [first, ...rest] = formulasFor(workload, effectiveCpus)
  const literalRule = ruleFormula(rules, 'sync', effectiveCpus)
  const ordered = [
    ...(first === undefined ? [] : [first]),
    literalRule,
    ...rest,
    ...threadsForMemory(context),
    ruleFormula(rules, 'threaded', effectiveCpus),
    ruleFormula(rules, 'async', effectiveCpus),
  ]
  for (const formula of ordered.filter((one) => supports(one.configuration)))
    add(merged, fitToMemory(formula, context), false)

  const literalKey = configurationKey(fitToMemory(literalRule, context).configuration)
  const proposals = prune([...merged.values()], literalKey, context, excluded)
  return { proposals, excluded, heuristicKey, currentKey }
}

function ruleFormula(
  rules: Record<WorkerClass, Configuration>,
  workerClass: WorkerClass,
  effectiveCpus: number,
): Formula {
  const because = `2N+1 = ${heuristicWorkers(effectiveCpus)}, the classic rule in class ${workerClass}`
  return { configuration: rules[workerClass], because }
}

/** Threads before processes where memory is short: the rule for memory-bound services. */
function threadsForMemory({ workload, effectiveCpus, memory }: ProposalContext): Formula[] {
  const cores = wholeCores(effectiveCpus)
  if (workload.class !== 'cpu' || memory.maxWorkers >= cores) return []
  const because = `memory holds ${memory.maxWorkers} processes for ${cores} cores, so threads before processes`
  return [
    {
      configuration: configuration('threaded', memory.maxWorkers, Math.ceil(cores / memory.maxWorkers)),
      because,
    },
  ]
}

function add(merged: Map<string, Proposal>, { configuration, because }: Formula, control: boolean): void {
  const key = configurationKey(configuration)
  const known = merged.get(key)
  if (known === undefined) merged.set(key, { key, configuration, proposedBy: [because], control })
  else if (!known.proposedBy.includes(because)) known.proposedBy.push(because)
  if (known !== undefined && control) known.control = true
}

function fits(candidate: Configuration, { memory, memoryBudgetBytes }: ProposalContext): boolean {
  const smallest = candidate.workers === 1 && candidate.threads === 1
  return smallest || configurationBytes(candidate, memory) <= memoryBudgetBytes
}

/** Takes processes away, then threads, until memory holds it. One single-threaded worker always remains. */
function fitToMemory(formula: Formula, context: ProposalContext): Formula {
  let fitted = formula.configuration
  while (!fits(fitted, context)) {
    fitted =
      fitted.workers > 1
        ? { ...fitted, workers: fitted.workers - 1 }
        : { ...fitted, threads: fitted.threads - 1 }
  }
  if (fitted === formula.configuration) return formula
  return { configuration: fitted, because: `${formula.because}; capped by memory` }
}

/** Leaves out what cannot win by the model, then what the time budget does not carry, the least promising first. */
function prune(
  proposals: readonly Proposal[],
  literalKey: string,
  { workload, effectiveCpus, limit }: ProposalContext,
  excluded: Proposals['excluded'],
): Proposal[] {
  const bound = ({ configuration }: Proposal): number =>
    throughputBound(configuration, workload, effectiveCpus, PLENTY_OF_CONNECTIONS)
  const best = Math.max(...proposals.map(bound))
  const controls = proposals.filter(({ control }) => control)
  const kept = [...controls]
  for (const proposal of proposals.filter(({ control }) => !control)) {
    const { key, configuration, proposedBy } = proposal
    if (key !== literalKey && bound(proposal) < HOPELESS * best) {
      const times = Math.round(best / bound(proposal))
      const why = `modelled: the best formula allows ${times} times its throughput`
      excluded.push({ key, configuration, proposedBy, why })
    } else if (kept.length >= limit) {
      excluded.push({ key, configuration, proposedBy, why: 'left out to keep within the time budget' })
    } else {
      kept.push(proposal)
    }
  }
  return kept
}
