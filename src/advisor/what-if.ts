import type { MemoryModel, WhatIf, Workload } from '../result/analysis.js'
import { loopsOf, sameConfiguration, type Configuration } from '../result/configuration.js'
import { objectiveText, type Objective } from '../result/objective.js'
import { startBytes } from '../result/memory-model.js'
import { fitTo } from './caps.js'
import { configurationBytes, memoryBudget } from './memory.js'
import type { Policy } from './policy.js'
import { decisionTableClass } from './decision-table.js'
import { formulasFor } from './formulas.js'
import { expectedThroughput, kneeConcurrency } from './model.js'
import { asServed, servedRule, type Supports } from './server-fit.js'
import type { SharedLimit } from './shared-limit.js'
import { inWords, mebibytes, number } from './wording.js'

export interface WhatIfInput {
  workload: Workload
  memory: MemoryModel
  openFilesLimit: number | null
  /** The machine that was measured, and the machine in question. */
  measuredCpus: number
  effectiveCpus: number
  memoryBytes: number
  /** Bytes that one configuration may use there beside what the machine leaves; `null` for no such limit. */
  mostBytes: number | null
  /** Whether the server can run it. */
  supports?: Supports
  /** What was asked, as it weighs candidates. */
  policy: Pick<Policy, 'compareCost' | 'enoughRps' | 'asGoodShown'>
  /** A limit that the race has shown to be behind all workers; `null` where it has not. */
  shared: SharedLimit | null
  /** What was measured here with which configuration, to correct the model by; `null` where nothing was. */
  anchor: {
    configuration: Configuration
    connections: number
    throughputRps: number
    keeps: Objective | null
    /** Only a target was tried within the objective, so the throughput is that of closed load. */
    isTarget: boolean
  } | null
  /** What else was measured by closed load: the model errs by class, as each takes connections in its own way. Empty where a rate within an objective counts. */
  others: readonly Shown[]
}

/** One configuration with what it carried here. */
interface Shown {
  configuration: Configuration
  connections: number
  throughputRps: number
}

const LOAD_PER_LOOP = 4

/** Of the same class the one with the most similar number of loops; `undefined` where none of it was measured. */
function nearest(one: Configuration, shown: readonly Shown[]): Shown | undefined {
  const distance = ({ configuration }: Shown): number =>
    Math.abs(Math.log(loopsOf(configuration) / loopsOf(one)))
  const [first, ...rest] = shown.filter(({ configuration }) => configuration.workerClass === one.workerClass)
  return rest.reduce<Shown | undefined>(
    (a, b) => (a !== undefined && distance(b) < distance(a) ? b : a),
    first,
  )
}

/**
 * The candidates of the formulas for another machine, ranked by the model instead of a race: expected throughput, corrected by how far the
 * model was off on the machine that was measured. Modelled through and through.
 */
export function whatIf(input: WhatIfInput): WhatIf {
  const { memory, effectiveCpus, memoryBytes, mostBytes, openFilesLimit, anchor } = input
  const { supports = () => true } = input
  const { compareCost, enoughRps, asGoodShown } = input.policy
  const whole = memoryBudget({ memoryLimitBytes: memoryBytes, memoryAvailableBytes: memoryBytes })
  const memoryBudgetBytes = Math.min(whole, mostBytes ?? Infinity)
  const caps = { memory, memoryBudgetBytes, openFilesLimit }
  const { poolThreads, ...measured } = input.workload
  const { cpuMsPerRequest, waitMsPerRequest } = measured
  // That libuv's pool is the limit is no more than a guess, unless a larger one has won.
  const isPoolLimit = poolThreads !== undefined && anchor?.configuration.threadPool !== undefined
  const workload = {
    ...measured,
    ...(isPoolLimit ? { poolThreads } : {}),
    kneeConcurrency: kneeConcurrency(effectiveCpus, cpuMsPerRequest, waitMsPerRequest),
  }
  const rule = fitTo(servedRule(decisionTableClass(workload), effectiveCpus, supports), caps)
  const served = formulasFor(workload, effectiveCpus)
    .map((one) => asServed(one, supports))
    .filter((one) => one !== null)
  const { shared } = input
  // A shared limit is as far away on any machine: what reached it here is what there is to choose from.
  const proposed = shared?.reached.map(({ configuration }) => ({ configuration, because: '' })) ?? served
  const options = [...proposed, rule].map((one) => fitTo(one, caps).configuration)

  const errorOf = ({ configuration, connections, throughputRps }: Shown): number =>
    throughputRps / expectedThroughput(configuration, input.workload, input.measuredCpus, connections)
  const correctionOf = (one: Configuration): number => {
    if (anchor === null) return 1
    const shown = nearest(one, [anchor, ...input.others]) ?? anchor
    return errorOf(shown)
  }
  const connections = Math.ceil(
    Math.max(2 * (workload.kneeConcurrency ?? 1), LOAD_PER_LOOP * Math.max(...options.map(loopsOf))),
  )
  const ceilingRps = shared === null ? Infinity : sharedCeiling(shared, anchor)
  const boundOf = (cpus: number): number => (1000 * cpus) / Math.max(workload.cpuMsPerRequest, 1e-4)
  // What was measured here beyond this bound says that a request takes less CPU than the probe showed.
  const beaten = Math.max(1, (anchor?.throughputRps ?? 0) / boundOf(input.measuredCpus))
  const cpusRps = beaten * boundOf(effectiveCpus)
  const reachedRps = (one: Configuration): number | null =>
    shared?.reached.find(({ configuration }) => sameConfiguration(configuration, one))?.throughputRps
      ?.value ?? null
  const rps = (one: Configuration): number => {
    const modelled = correctionOf(one) * expectedThroughput(one, workload, effectiveCpus, connections)
    return Math.min(ceilingRps, cpusRps, reachedRps(one) ?? modelled)
  }
  const best = Math.max(...options.map(rps))
  const cost = (one: Configuration) => ({ configuration: one, pssBytes: startBytes(one, memory) })
  const isEnough = best >= (enoughRps ?? Infinity)
  const [configuration = rule.configuration] = options
    .filter((one) => rps(one) >= (isEnough ? (enoughRps ?? 0) : best / (1 + asGoodShown)))
    .sort((a, b) => compareCost(cost(a), cost(b)))
  return {
    effectiveCpus,
    memoryBytes,
    configuration,
    rule: rule.configuration,
    throughputRps: rps(configuration),
    ruleThroughputRps: rps(rule.configuration),
    pssBytes: startBytes(configuration, memory),
    evidence: 'modelled',
    limits: [
      ...tooSmall(configuration, input, memoryBudgetBytes),
      ...(enoughRps === null || isEnough ? [] : [tooSlow(best, enoughRps)]),
      ...limitsOf(input, rps(configuration) === reachedRps(configuration)),
    ],
  }
}

/** What the answer keeps of an objective is less than what the race carried. */
function sharedCeiling({ throughputRps }: SharedLimit, anchor: WhatIfInput['anchor']): number {
  return anchor?.keeps && !anchor.isTarget ? Math.min(throughputRps, anchor.throughputRps) : throughputRps
}

/** The smallest configuration is named wherever nothing fits. */
function tooSmall(
  configuration: Configuration,
  { memory, memoryBytes }: WhatIfInput,
  memoryBudgetBytes: number,
): string[] {
  const neededBytes = configurationBytes(configuration, memory)
  if (neededBytes <= memoryBudgetBytes) return []
  return [
    `It does not fit there: ${inWords(configuration)}, the least that there is, needs about ${mebibytes(neededBytes)} with room to grow, and ${mebibytes(memoryBudgetBytes)} of ${mebibytes(memoryBytes)} may be used.`,
  ]
}

function tooSlow(bestRps: number, enoughRps: number): string {
  return `The target rate is more than it would carry: ${number(enoughRps)} requests per second with the reserve that the target takes, and the most that any formula gives is ${number(bestRps)}.`
}

/** @param isMeasured the rate is the one that this configuration had here */
function limitsOf(
  { workload, measuredCpus, effectiveCpus, anchor, shared }: WhatIfInput,
  isMeasured: boolean,
): string[] {
  const times = effectiveCpus / measuredCpus
  return [
    ...(shared === null
      ? []
      : [
          `${shared.evidence}: neither more CPUs nor more workers change it.${isMeasured ? ' The rate is the one measured here, with the cheapest configuration that reached the limit.' : ''}`,
        ]),
    'CPUs are taken to be as fast as the ones that were measured, and to share nothing: memory bandwidth, caches and hyperthreads cost what is not in the model.',
    ...(times > 2
      ? [
          `${Number(times.toPrecision(2))} times the CPUs is far from what was measured: treat it as a place to start, and measure there.`,
        ]
      : []),
    ...(shared !== null
      ? ['What lies behind the app is taken to carry no more there than here: where it does, measure again.']
      : workload.class === 'downstream'
        ? ['What lies behind the app is taken to carry as much more; a database does not.']
        : ['What the app calls is taken to answer as fast under the higher load.']),
    ...(anchor === null ? ['The model could not be corrected by a measurement here.'] : []),
    ...(anchor?.keeps
      ? [
          anchor.isTarget
            ? `Whether it keeps ${objectiveText(anchor.keeps)} there is not known: the model knows throughput, and no percentiles.`
            : `The rates are taken to keep ${objectiveText(anchor.keeps)} at the same part of the capacity as here: the model knows throughput, and no percentiles.`,
        ]
      : []),
  ]
}
