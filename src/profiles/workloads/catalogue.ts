import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { WorkloadClass } from '../../result/analysis.js'

export type WorkloadName = 'io' | 'cpu' | 'mixed' | 'blocking' | 'offloop'

/** A bundled reference app: its nature is known, so what is measured about it can be checked. */
export interface WorkloadProfile {
  name: WorkloadName
  /** A lowercase fragment for tables and help. */
  description: string
  /** What a right classification says. */
  expectedClass: WorkloadClass
  /** Time without CPU per request. */
  waitMs: number
  /** CPU time per request on an otherwise idle machine, wherever it is spent. */
  cpuMs: number
  /** What one request holds while it waits or computes: the event loop, a thread of libuv's pool, or neither. */
  holds: 'loop' | 'pool' | 'nothing'
  /** Absolute path of the app, for `tune serve`. */
  appPath: string
}

export const WORKLOADS: readonly WorkloadProfile[] = [
  {
    name: 'io',
    description: 'waits 20 ms on a timer, as for a database',
    expectedClass: 'async-io',
    waitMs: 20,
    cpuMs: 0,
    holds: 'nothing',
    appPath: appPath('io'),
  },
  {
    name: 'cpu',
    description: 'computes 10 ms on the event loop',
    expectedClass: 'cpu',
    waitMs: 0,
    cpuMs: 10,
    holds: 'loop',
    appPath: appPath('cpu'),
  },
  {
    name: 'mixed',
    description: 'computes 2 ms, then waits 6 ms',
    expectedClass: 'mixed',
    waitMs: 6,
    cpuMs: 2,
    holds: 'loop',
    appPath: appPath('mixed'),
  },
  {
    name: 'blocking',
    description: 'waits 20 ms and holds the event loop meanwhile',
    expectedClass: 'blocking-io',
    waitMs: 20,
    cpuMs: 0,
    holds: 'loop',
    appPath: appPath('blocking'),
  },
  {
    name: 'offloop',
    description: "computes 10 ms in libuv's thread pool",
    expectedClass: 'offloop-cpu',
    waitMs: 0,
    cpuMs: 10,
    holds: 'pool',
    appPath: appPath('offloop'),
  },
]

export function workloadByName(name: string): WorkloadProfile | undefined {
  return WORKLOADS.find((workload) => workload.name === name)
}

/** @param path absolute */
export function workloadByPath(path: string): WorkloadProfile | undefined {
  return WORKLOADS.find((workload) => workload.appPath === path)
}

/** Compiled beside this file in `dist`, TypeScript beside it in `src`: the extension is this file's own. */
function appPath(name: WorkloadName): string {
  return fileURLToPath(new URL(`./apps/${name}${extname(import.meta.url)}`, import.meta.url))
}
