import type { Measured } from '../advisor/decide.js'
import { throughputBound } from '../advisor/model.js'
import { UNFILLED } from '../advisor/reach.js'
import { FEWEST_HALVINGS, REPEATS, type RateRange } from '../experiment/rate-bisection.js'
import type { Workload } from '../result/analysis.js'
import type { Machine } from '../result/machine.js'
import type { Objective } from '../result/objective.js'
import { requestsToCarry } from '../result/percentile.js'

/** Halvings of the range on a logarithmic scale: 0.2 to 1.1 of the throughput, to within 6 % with five, 24 % with three. */
export const MOST_HALVINGS = 5
const LOWEST = 0.2
const HIGHEST = 1.1
/** What is asked for may be so much more than any estimate, before it is beyond doubt that it is not carried. */
const BEYOND_DOUBT = 2
export const RAMP_SECONDS = 0.5
export const WARM_UP_SECONDS = 1
const WINDOW_SECONDS = 1.5
const MOST_CONNECTIONS = 1000
/** Of the open files, for connections of one load. */
const DESCRIPTOR_SHARE = 1 / 4
const BOOT_SECONDS = 1.5
const BETWEEN_SECONDS = 0.3

/** What is searched, and how. */
export interface Search {
  objective: Objective
  targetRps: number | null
}

/** What the ranges follow from. */
export interface SearchGround {
  workload: Workload
  machine: Pick<Machine, 'effectiveCpus' | 'openFilesLimit'>
}

/** Requests of an open load that may be under way at a time. */
export function mostConnections({ openFilesLimit }: Pick<Machine, 'openFilesLimit'>): number {
  const allowed = Math.floor((openFilesLimit ?? Infinity) * DESCRIPTOR_SHARE)
  return Math.max(1, Math.min(MOST_CONNECTIONS, allowed))
}

/** What the model gives it with as many requests under way as the open load may have, and never less than was seen. */
function capacityRps(
  { configuration, throughputRps }: Measured,
  { workload, machine }: SearchGround,
): number {
  const bound = throughputBound(configuration, workload, machine.effectiveCpus, mostConnections(machine))
  return Math.max(bound, throughputRps?.value ?? 0)
}

/**
 * Where to search the rate of a configuration. The clients of closed load need not fill it: then what was reached is where the search begins, and the
 * model says where it ends.
 */
export function rateRange(measured: Measured, ground: SearchGround): RateRange {
  const reached = measured.throughputRps?.value ?? 0
  const capacity = capacityRps(measured, ground)
  const isOpen = capacity > UNFILLED * reached
  const [lowest, highest] = [LOWEST * reached, HIGHEST * (isOpen ? capacity : reached)]
  if (!isOpen) return { lowest, highest, extraSteps: 0, first: Math.sqrt(lowest * highest) }
  // The first step says whether the rest lies above what was reached, and that is as finely halved as the usual range.
  const wider = Math.max(1, Math.log(highest / reached) / Math.log(HIGHEST / LOWEST))
  return { lowest, highest, extraSteps: 1 + Math.ceil(Math.log2(wider)), first: reached }
}

/** No load is needed to know that it does not carry this. */
export function isBeyond(targetRps: number, measured: Measured, ground: SearchGround): boolean {
  return targetRps > BEYOND_DOUBT * capacityRps(measured, ground)
}

export function windowSeconds(ratePerSecond: number, { percentile }: Objective): number {
  return Math.max(WINDOW_SECONDS, requestsToCarry(percentile) / ratePerSecond)
}

/** What one rate of a search takes, with what lies between two of them. */
export function windowAndRampSeconds(ratePerSecond: number, objective: Objective): number {
  return RAMP_SECONDS + windowSeconds(ratePerSecond, objective) + BETWEEN_SECONDS
}

/** What a search of so many halvings takes. A target is one rate, tried twice. */
function searchSeconds(range: RateRange, halvings: number, { objective, targetRps }: Search): number {
  const start = BOOT_SECONDS + WARM_UP_SECONDS
  if (targetRps !== null) return start + (1 + REPEATS) * windowAndRampSeconds(targetRps, objective)
  const windows = halvings + range.extraSteps + REPEATS
  return start + windows * windowAndRampSeconds(range.first, objective)
}

/** In a short run a wide range is halved no more often than it takes to be inside of it: the answer says how far its bounds are apart. */
export function fewestHalvings({ extraSteps }: RateRange): number {
  return FEWEST_HALVINGS - Math.max(0, extraSteps - 1)
}

/** What the coarsest search of all of these takes. */
export function leastSearchSeconds(
  measured: readonly Measured[],
  search: Search,
  ground: SearchGround,
): number {
  return measured
    .filter(({ throughputRps }) => throughputRps !== null && throughputRps.value > 0)
    .map((one) => rateRange(one, ground))
    .reduce((sum, range) => sum + searchSeconds(range, fewestHalvings(range), search), 0)
}

/** As many halvings as the seconds carry, `null` when not even the fewest. */
export function halvingsIn(seconds: number, range: RateRange, search: Search): number | null {
  for (let halvings = MOST_HALVINGS; halvings >= fewestHalvings(range); halvings--) {
    if (searchSeconds(range, halvings, search) <= seconds) return halvings
  }
  return null
}
