import type { Workload } from '../result/analysis.js'
import { capacityOf, DEFAULT_THREAD_POOL, loopsOf, type Configuration } from '../result/configuration.js'

type Costs = Pick<Workload, 'cpuMsPerRequest' | 'loopMsPerRequest' | 'waitMsPerRequest'>

/**
 * c* = N (1 + W/C): requests under way at which the cores are just full (Denning & Buzen 1978; the same as
 * Goetz's sizing of thread pools). Beyond it only the queue grows. `null` when C is not measurable.
 */
export function kneeConcurrency(effectiveCpus: number, cpuMs: number, waitMs: number): number | null {
  return cpuMs > 0 ? effectiveCpus * (1 + waitMs / cpuMs) : null
}

/** Waiting per CPU time at which `(2 * N) + 1` one-at-a-time workers are exactly the knee: 1 + 1/N. */
export function assumedWaitPerCpu(effectiveCpus: number): number {
  return 1 + 1 / effectiveCpus
}

/** Requests under way at which one event loop is just full: (C + W) / E, where blocking counts as busy. */
export function loopKnee({ cpuMsPerRequest, loopMsPerRequest, waitMsPerRequest }: Costs): number | null {
  return loopMsPerRequest > 0 ? Math.max(1, (cpuMsPerRequest + waitMsPerRequest) / loopMsPerRequest) : null
}

/** Requests under way that one loop has to hold at most: what fills it, or no more than a rate that is enough keeps there. */
export interface LoopNeed {
  requests: number
  isByRate: boolean
}

/** `null` where what fills a loop is not known. */
export function loopNeed(
  costs: Costs & Pick<Workload, 'residenceMsPerRequest' | 'downstreamConcurrency' | 'poolThreads'>,
  configuration: Configuration,
  enoughRps: number | null,
): LoopNeed | null {
  const whole = loopKnee(costs)
  if (whole === null) return null
  // Behind a pool no more of them proceed.
  const knee = Math.min(whole, atATimeInWorker(configuration, costs))
  const asked = ((enoughRps ?? Infinity) * costs.residenceMsPerRequest) / 1000 / loopsOf(configuration)
  return { requests: Math.ceil(Math.max(1, Math.min(knee, asked))), isByRate: asked < knee }
}

/** Requests that proceed at a time in one process, as far as what they wait for is its own. Where that is libuv's pool, another size of it lets others through. */
export function atATimeInWorker(
  { threadPool }: Pick<Configuration, 'threadPool'>,
  { downstreamConcurrency, poolThreads }: Pick<Workload, 'downstreamConcurrency' | 'poolThreads'>,
): number {
  const sized = poolThreads === undefined ? undefined : threadPool
  return sized ?? downstreamConcurrency ?? Infinity
}

/**
 * Asymptotic upper bound of throughput, requests per second: requests under way / (C + W), loops / E and N / C,
 * whichever is least. Modelled, never reported as measured.
 */
export function throughputBound(
  configuration: Configuration,
  costs: Costs,
  effectiveCpus: number,
  connections: number,
): number {
  const { cpuMsPerRequest: cpu, loopMsPerRequest: loop, waitMsPerRequest: wait } = costs
  const underWay = Math.min(connections, capacityOf(configuration))
  const bounds = [
    { work: cpu + wait, servers: underWay },
    { work: loop, servers: loopsOf(configuration) },
    { work: cpu, servers: effectiveCpus },
  ]
  const limits = bounds.filter(({ work }) => work > 0).map(({ work, servers }) => (servers / work) * 1000)
  return Math.min(...limits)
}

/** Of so many requests under way chance takes nothing any more: the asymptotic bound is all. */
const CHANCE_ENDS = 20_000
/** Past the knee, longer queues than this behave alike. */
const LONGEST_QUEUE = 2000

/**
 * Expected throughput, requests per second: the machine-repair model M/M/m//K, in which K requests alternate between waiting (W) and one of m
 * processors (C). X = sum over j of p_j min(j, m) / C with p_j / p_(j-1) = ((K - j + 1) / W) / (min(j, m) / C) (Kleinrock 1975, ch. 3). Between
 * the asymptotic bound, which knows no chance, and what chance costs at most. Modelled.
 */
export function expectedThroughput(
  configuration: Configuration,
  workload: Pick<
    Workload,
    'class' | 'cpuMsPerRequest' | 'waitMsPerRequest' | 'downstreamConcurrency' | 'poolThreads'
  >,
  effectiveCpus: number,
  connections: number,
): number {
  const { slots, processors } = roomOf(configuration, workload, effectiveCpus)
  const cpuMs = Math.max(workload.cpuMsPerRequest, 1e-4)
  const waitMs = workload.waitMsPerRequest
  const alike = Math.max(LONGEST_QUEUE, 2 * processors * (1 + waitMs / cpuMs))
  const requests = Math.max(1, Math.floor(Math.min(connections, slots, alike)))
  if (requests > CHANCE_ENDS) return 1000 * Math.min(requests / (cpuMs + waitMs), processors / cpuMs)
  return machineRepair(requests, processors, cpuMs, waitMs)
}

/**
 * Requests under way at which one configuration is just full: c* with the cores that it can fill, and never more than proceed in it at a time
 * (a sync worker takes one). `null` when C is not measurable.
 */
export function configurationKnee(
  configuration: Configuration,
  workload: Pick<
    Workload,
    'class' | 'cpuMsPerRequest' | 'waitMsPerRequest' | 'downstreamConcurrency' | 'poolThreads'
  >,
  effectiveCpus: number,
): number | null {
  const { slots, processors } = roomOf(configuration, workload, effectiveCpus)
  const knee = kneeConcurrency(processors, workload.cpuMsPerRequest, workload.waitMsPerRequest)
  return knee === null ? null : Math.min(knee, slots)
}

/** Requests that proceed in a configuration at a time, and cores that it can keep busy with them. */
function roomOf(
  configuration: Configuration,
  workload: Pick<Workload, 'class' | 'downstreamConcurrency' | 'poolThreads'>,
  effectiveCpus: number,
): { slots: number; processors: number } {
  const { workers, threadPool = DEFAULT_THREAD_POOL } = configuration
  const loops = loopsOf(configuration)
  const blocks = workload.class === 'blocking-io'
  const capacity = blocks ? Math.min(loops, capacityOf(configuration)) : capacityOf(configuration)
  const servers = workload.class === 'offloop-cpu' ? workers * threadPool : blocks ? Infinity : loops
  return {
    slots: Math.min(capacity, workers * atATimeInWorker(configuration, workload)),
    processors: Math.min(effectiveCpus, servers),
  }
}

function machineRepair(requests: number, processors: number, cpuMs: number, waitMs: number): number {
  const rate = (busy: number): number => Math.min(busy, processors) / cpuMs
  if (waitMs < 1e-6) return rate(requests) * 1000
  // Logarithms: the weights of long queues overflow.
  const logs = [0]
  for (let busy = 1; busy <= requests; busy++) {
    logs.push((logs[busy - 1] ?? 0) + Math.log((requests - busy + 1) / waitMs / rate(busy)))
  }
  const highest = logs.reduce((a, b) => Math.max(a, b))
  const weights = logs.map((value) => Math.exp(value - highest))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const served = weights.reduce((sum, weight, busy) => sum + weight * (busy === 0 ? 0 : rate(busy)), 0)
  return (served / all) * 1000
}
