import type { RouteWorkload, WorkloadClass } from '../../result/analysis.js'
import { milliseconds, number, percent } from '../wording.js'
import type { RuleContext } from './context.js'
import type { KnownFinding } from './ids.js'
import type { ServerTraits } from './server-traits.js'

/** A request that holds the loop this long is felt by the others on it, */
const HOLDS_MS = 10
/** if the typical one is so much shorter. */
const TIMES_LONGER = 5
/** A request with more of the CPU than this is where work pays. */
const MOST_OF_CPU = 0.5
/** Requests whose CPU or response times differ by more than this are not alike, whatever their class. */
const TIMES_ALIKE = 3

type Known = RouteWorkload & { class: WorkloadClass; loopMsPerRequest: number; cpuPart: number }

/** Requests of one app that differ in nature share its loops; `null` without a mix. */
export function routes({ workload: { routes: all = [] }, server }: RuleContext): KnownFinding | null {
  const known = all.filter(isKnown)
  const [longest] = known.toSorted((a, b) => b.loopMsPerRequest - a.loopMsPerRequest)
  const [dearest] = known.toSorted((a, b) => b.cpuPart - a.cpuPart)
  if (known.length < 2 || longest === undefined || dearest === undefined) return null
  const stalls =
    longest.loopMsPerRequest >= HOLDS_MS && longest.loopMsPerRequest >= TIMES_LONGER * typicalLoopMs(known)
  const isOneClass = new Set(known.map((route) => route.class)).size === 1
  const isAlike = isOneClass && costAlike(known)
  return {
    id: 'TUNE-APP-ROUTES',
    level: stalls ? 'warn' : 'info',
    title: isAlike
      ? 'The requests of the mix are alike in nature and cost'
      : isOneClass
        ? 'The requests of the mix are of one nature, but differ in what they cost'
        : 'The requests of the mix differ in nature',
    observed: known.map(inShort).join('; '),
    rule: `no request holds the loop for ${HOLDS_MS} ms and ${TIMES_LONGER} times as long as the typical one`,
    advice: stalls
      ? `Whatever waits on the same loop waits ${milliseconds(longest.loopMsPerRequest)} for ${longest.name}: ${cure(longest, server)}`
      : dearest.cpuPart >= MOST_OF_CPU
        ? `${dearest.name} takes ${percent(dearest.cpuPart)} of the CPU with ${percent(dearest.share)} of the requests: start there when CPU is the limit.`
        : isAlike
          ? 'None dominates: what holds for the mix holds for each of them.'
          : 'They share the same loops, so the mix decides: where one of them becomes more frequent, measure again.',
    evidence: 'measured',
  }
}

function costAlike(known: readonly Known[]): boolean {
  const isAlike = (figures: readonly (number | null)[]): boolean => {
    const seen = figures.filter((one) => one !== null)
    return seen.length === 0 || Math.max(...seen) <= TIMES_ALIKE * Math.min(...seen)
  }
  return (
    isAlike(known.map(({ cpuMsPerRequest }) => cpuMsPerRequest)) &&
    isAlike(known.map(({ residenceMsPerRequest }) => residenceMsPerRequest))
  )
}

/** Half of the requests hold the loop for no longer. */
function typicalLoopMs(known: readonly Known[]): number {
  const half = known.reduce((sum, { share }) => sum + share, 0) / 2
  let seen = 0
  for (const { share, loopMsPerRequest } of known.toSorted(
    (a, b) => a.loopMsPerRequest - b.loopMsPerRequest,
  )) {
    seen += share
    if (seen >= half) return loopMsPerRequest
  }
  return 0
}

function cure({ class: nature }: Known, { language, hasClasses }: ServerTraits): string {
  if (nature === 'blocking-io') {
    return `make its waiting asynchronous, or serve it from ${hasClasses ? 'sync ' : ''}workers of its own.`
  }
  return language === 'node'
    ? 'move its computing to worker threads, or serve it from workers of its own.'
    : 'make its computing cheaper, or serve it from workers of its own.'
}

function inShort({
  name,
  share,
  class: nature,
  cpuMsPerRequest,
  loopMsPerRequest,
  waitMsPerRequest,
}: Known): string {
  const figures = `C ${number(cpuMsPerRequest ?? 0)}, E ${number(loopMsPerRequest)}, W ${number(waitMsPerRequest ?? 0)} ms`
  return `${name} (${percent(share)}) ${nature}: ${figures}`
}

function isKnown(route: RouteWorkload): route is Known {
  return route.class !== null && route.loopMsPerRequest !== null && route.cpuPart !== null
}
