import { fileURLToPath } from 'node:url'
import type { WorkloadClass } from '../../result/analysis.js'
import { countRounds } from './computing.js'

/** A bundled app whose nature is known, so that whoever measures it can be checked. */
export interface ReferenceWorkload {
  name: string
  description: string
  /** What a right classification says. */
  expectedClass: WorkloadClass
  /** Waiting per request. */
  waitMs: number
  /** CPU per request, on a core of its own. */
  cpuMs: number
  /** The app's module. It reads `TUNE_WAIT_MS` and `TUNE_ROUNDS`. */
  appPath: string
}

/** Pure data but for the paths of the apps. */
export const WORKLOADS: readonly ReferenceWorkload[] = [
  workload(
    'io',
    'async-io',
    { waitMs: 20, cpuMs: 0 },
    'waits 20 ms, as for a database, and leaves the event loop free',
  ),
  workload('cpu', 'cpu', { waitMs: 0, cpuMs: 10 }, 'computes for 10 ms on the event loop'),
  workload('mixed', 'mixed', { waitMs: 6, cpuMs: 2 }, 'computes for 2 ms, then waits 6 ms'),
  workload(
    'blocking',
    'blocking-io',
    { waitMs: 20, cpuMs: 0 },
    'waits 20 ms and blocks the event loop meanwhile',
  ),
  workload(
    'offloop',
    'offloop-cpu',
    { waitMs: 0, cpuMs: 10 },
    "computes for 10 ms with pbkdf2 on libuv's thread pool",
  ),
]

/** `undefined` for a name that is not bundled. */
export function workloadByName(name: string): ReferenceWorkload | undefined {
  return WORKLOADS.find((one) => one.name === name)
}

/**
 * The environment with which the workload's app does what its description says on this machine. Computing is counted in
 * rounds of a hash, calibrated once by the caller: a busy wait by the clock would do less work per request the more workers
 * share a core, and so make any number of workers look good.
 */
export function workloadEnvironment({ name, waitMs, cpuMs }: ReferenceWorkload): Record<string, string> {
  const rounds = cpuMs === 0 ? 0 : countRounds(name === 'offloop' ? 'offloop' : 'loop', cpuMs)
  return { TUNE_WAIT_MS: String(waitMs), TUNE_ROUNDS: String(rounds) }
}

function workload(
  name: string,
  expectedClass: WorkloadClass,
  { waitMs, cpuMs }: { waitMs: number; cpuMs: number },
  description: string,
): ReferenceWorkload {
  const appPath = fileURLToPath(new URL(`./apps/${name}.js`, import.meta.url))
  return { name, description, expectedClass, waitMs, cpuMs, appPath }
}
