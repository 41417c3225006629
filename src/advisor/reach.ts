import type { Workload } from '../result/analysis.js'
import type { Configuration } from '../result/configuration.js'
import { throughputBound } from './model.js'

/** Asymptotic bounds of one configuration, requests per second. Modelled. */
export interface Reach {
  /** With the clients that it had. */
  atLoadRps: number
  /** With as many as it takes in. */
  fullRps: number
}

/** What the model gives beyond this many times another figure is more than the error of the model. */
export const UNFILLED = 1.3
/** A difference that the load allows up to this ratio might not have shown. */
const SHOWN = 1.2

/** `undefined` where the bounds know too little: a pool or a service behind the app is in none of them. */
export function reachOf(
  configuration: Configuration,
  workload: Workload,
  effectiveCpus: number,
  connections: number,
): Reach | undefined {
  if (workload.class === 'downstream') return undefined
  const boundAt = (clients: number): number =>
    throughputBound(configuration, workload, effectiveCpus, clients)
  return { atLoadRps: boundAt(connections), fullRps: boundAt(Infinity) }
}

/**
 * Whether a measured "as fast" holds under more load too. It does not where clients were too few to show a difference that the model gives: of an app that
 * waits for 3 s, 500 clients fill no event loop, so one is as fast as five.
 */
export function couldMatch(
  one: { reach?: Reach | undefined },
  other: { reach?: Reach | undefined },
): boolean {
  if (one.reach === undefined || other.reach === undefined) return true
  const isLess = other.reach.fullRps > UNFILLED * one.reach.fullRps
  return !isLess || other.reach.atLoadRps > SHOWN * one.reach.fullRps
}

/** The clients, and not the configuration, may have been the limit of what was measured. */
export function isUnfilled({ reach }: { reach?: Reach | undefined }, measuredRps: number): boolean {
  return reach !== undefined && reach.fullRps > UNFILLED * Math.max(reach.atLoadRps, measuredRps)
}
