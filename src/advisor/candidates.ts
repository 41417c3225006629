import type { Workload } from '../result/analysis.js'
import { configurationKey, type Configuration, type WorkerClass } from '../result/configuration.js'
import { decisionTableClass } from './decision-table.js'
import { exceeds, fitTo, type Caps } from './caps.js'
import { compareCost } from './cost.js'
import { configuration, formulasFor, loopsFor, wholeCores, type Formula } from './formulas.js'
import { heuristicConfigurations, heuristicWorkers } from './heuristic.js'
import { atATimeInWorker, throughputBound } from './model.js'
import { asServed, servedRule } from './server-fit.js'

export interface ProposalContext extends Caps {
  workload: Workload
  effectiveCpus: number
  /** What runs today, if anybody said so, and who did. */
  current: Formula | null
  /** Further ones that the user wants to see measured. */
  asked: readonly Formula[]
  /** Most candidates that the time budget carries. Controls count, and stay even beyond it. */
  limit: number
  /** Throughput that is enough; absent where more is always better. */
  enoughRps?: number | null
  /** Whether the server can run it; all of them unless told otherwise. */
  supports?: (configuration: Configuration) => boolean
}

interface Proposal {
  key: string
  configuration: Configuration
  proposedBy: string[]
  /** Stays to the end of the race: the rule at its best, and the current configuration. */
  control: boolean
  /** Named by the user: never left out for lack of promise or time. */
  asked: boolean
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
/** The rule is shown for what it is, however bad: but not where it answers so rarely, per second, that the windows of all have to be longer. */
const TOO_RARE_RPS = 60
/** The model knows no more than the order of magnitude of queues, so it is asked at a load that fills everything. */
const PLENTY_OF_CONNECTIONS = 512

/** Candidates by formula for this workload and machine: never more than memory holds, the rule always among them. */
export function proposeCandidates(context: ProposalContext): Proposals {
  const { workload, effectiveCpus, current, supports = () => true } = context
  const rules = heuristicConfigurations(effectiveCpus)
  const table = decisionTableClass(workload)
  const excluded: Proposals['excluded'] = []

  const heuristic = fitTo(servedRule(table, effectiveCpus, supports), context)
  const merged = new Map<string, Proposal>()
  add(merged, heuristic, { control: true })
  const heuristicKey = configurationKey(heuristic.configuration)
  const named = [...(current === null ? [] : [current]), ...context.asked]
  for (const formula of named) {
    const why = supports(formula.configuration)
      ? exceeds(formula.configuration, context)
      : 'this server cannot run it'
    if (why === null) add(merged, formula, { control: formula === current, asked: true })
    else excluded.push({ ...formulaParts(formula), why })
  }
  const currentKey = current === null ? null : configurationKey(current.configuration)

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
  const served = (formula: Formula): Formula | null => {
    const one = asServed(formula, supports)
    return one && fitTo(one, context)
  }
  for (const formula of ordered.map(served)) if (formula !== null) add(merged, formula)

  const literalKey = configurationKey((served(literalRule) ?? literalRule).configuration)
  const proposals = prune([...merged.values()], literalKey, context, excluded)
  return {
    proposals,
    excluded,
    heuristicKey,
    currentKey: currentKey !== null && merged.has(currentKey) ? currentKey : null,
  }
}

function ruleFormula(
  rules: Record<WorkerClass, Configuration>,
  workerClass: WorkerClass,
  effectiveCpus: number,
): Formula {
  const because = `2N+1 = ${heuristicWorkers(effectiveCpus)}, the classic rule in class ${workerClass}`
  return { configuration: rules[workerClass], because }
}

/** Threads before processes where memory is short: the rule for memory-bound services. Those that also wait take a thread for each request under way. */
function threadsForMemory({ workload, effectiveCpus, memory }: ProposalContext): Formula[] {
  const cores = wholeCores(effectiveCpus)
  const isMixed = workload.class === 'mixed'
  // Where not even one worker has room to grow, the smallest of all is measured anyway.
  const { maxWorkers } = memory
  if ((workload.class !== 'cpu' && !isMixed) || maxWorkers >= cores || maxWorkers === 0) return []
  const loops = loopsFor((isMixed ? workload.kneeConcurrency : null) ?? cores, cores)
  const slots = Math.max(cores, loops.count)
  const processes = `${maxWorkers} ${maxWorkers === 1 ? 'process' : 'processes'}`
  const waiting =
    slots > cores
      ? `, and ${slots} requests under way fill them${loops.capped ? ' as far as threads do' : ''}`
      : ''
  const because = `memory holds no more than ${processes} for ${cores} cores${waiting}, so threads before processes`
  return [{ configuration: configuration('threaded', maxWorkers, Math.ceil(slots / maxWorkers)), because }]
}

function add(
  merged: Map<string, Proposal>,
  formula: Formula,
  { control = false, asked = false }: { control?: boolean; asked?: boolean } = {},
): void {
  const { configuration, because } = formula
  const { key } = formulaParts(formula)
  const known = merged.get(key)
  if (known === undefined) {
    merged.set(key, { key, configuration, proposedBy: [because], control, asked })
    return
  }
  if (!known.proposedBy.includes(because)) known.proposedBy.push(because)
  known.control ||= control
  known.asked ||= asked
}

function formulaParts({ configuration, because }: Formula) {
  return { key: configurationKey(configuration), configuration, proposedBy: [because] }
}

/** Leaves out what cannot win by the model, then what the time budget does not carry, the least promising first. */
function prune(
  proposals: readonly Proposal[],
  literalKey: string,
  { workload, effectiveCpus, limit, enoughRps = null }: ProposalContext,
  excluded: Proposals['excluded'],
): Proposal[] {
  const bound = ({ configuration }: Proposal): number =>
    throughputBound(configuration, workload, effectiveCpus, PLENTY_OF_CONNECTIONS)
  const best = Math.max(...proposals.map(bound))
  const kept = proposals.filter(({ control, asked }) => control || asked)
  const others = proposals.filter((one) => !kept.includes(one))
  const mayCarry = (one: Proposal): boolean =>
    enoughRps !== null && Math.min(bound(one), poolBound(one.configuration, workload)) >= enoughRps
  for (const proposal of cheapestFirst(others, mayCarry)) {
    const { key, configuration, proposedBy } = proposal
    const isShown = key === literalKey && bound(proposal) >= TOO_RARE_RPS
    if (!isShown && !mayCarry(proposal) && bound(proposal) < HOPELESS * best) {
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

/** What it carries at most where each process has a pool of its own: so many proceed at a time, and each takes as long as alone. With a pool for all it is less. */
function poolBound(configuration: Configuration, workload: Workload): number {
  const atATime = configuration.workers * atATimeInWorker(configuration, workload)
  return workload.residenceMsPerRequest === 0 ? Infinity : (1000 * atATime) / workload.residenceMsPerRequest
}

/** Where a rate is enough, the cheapest that may carry it is the answer, and must not be left out for lack of time. */
function cheapestFirst(proposals: readonly Proposal[], mayCarry: (one: Proposal) => boolean): Proposal[] {
  const costOf = ({ configuration }: Proposal) => ({ configuration, pssBytes: null })
  const able = proposals.filter(mayCarry).toSorted((a, b) => compareCost(costOf(a), costOf(b)))
  return [...able, ...proposals.filter((one) => !able.includes(one))]
}
