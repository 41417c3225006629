import { ITERATIONS_PER_MS, measureIterationsPerMs } from './calibration.js'
import { WORKLOADS, type WorkloadName } from './catalogue.js'

/** Override the wait or the CPU time of whichever workload is served. */
const WAIT_MS = 'TUNE_WORKLOAD_WAIT_MS'
const CPU_MS = 'TUNE_WORKLOAD_CPU_MS'

export interface WorkloadParameters {
  waitMs: number
  /** Iterations of `compute` that one request does: its CPU time, by the calibration. */
  iterations: number
}

type Environment = Partial<Record<string, string>>

/**
 * What the app of a workload is to do. Without a calibration in the environment (served by hand) the process makes its own.
 * @throws Error when a variable holds no number
 */
export function parametersOf(
  name: WorkloadName,
  env: Environment,
  measure: () => number = measureIterationsPerMs,
): WorkloadParameters {
  const profile = WORKLOADS.find((workload) => workload.name === name)
  const waitMs = read(env, WAIT_MS) ?? profile?.waitMs ?? 0
  const cpuMs = read(env, CPU_MS) ?? profile?.cpuMs ?? 0
  if (cpuMs === 0) return { waitMs, iterations: 0 }
  return { waitMs, iterations: cpuMs * (read(env, ITERATIONS_PER_MS) ?? measure()) }
}

function read(env: Environment, name: string): number | undefined {
  const text = env[name]
  if (text === undefined || text.trim() === '') return undefined
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0) return value
  throw new Error(`${name} is "${text}"; it must be a number of 0 or more`)
}
