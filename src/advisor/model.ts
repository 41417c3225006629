import type { Workload } from '../result/analysis.js'
import { capacityOf, loopsOf, type Configuration } from '../result/configuration.js'

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
