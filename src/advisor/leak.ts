import { loopsOf } from '../result/configuration.js'
import { serverBytes } from '../result/memory.js'
import type { Trial } from '../result/trial.js'

/** Memory that grew with the requests that were answered. */
export interface Leak {
  target: string
  bytesPerRequest: number
  requests: number
}

/** Heaps settle in the first trial of a server, and what they grow by then is no leak. */
const SETTLING_TRIALS = 1
const FEWEST_POINTS = 4
/** Below this the growth is within what memory wobbles by. */
const LEAK_BYTES_PER_REQUEST = 1024
/** Steps that must point upward: garbage that is collected late goes up and down. */
const RISING = 0.8

/**
 * Of each loop: V8 lets its young generation grow to three times 16 MiB, which looks like a leak for as long as it does: an app that keeps
 * nothing grew by 11 KiB a request over 14 trials. Only growth beyond that is something else.
 */
const YOUNG_GENERATION_BYTES = 32 * 2 ** 20
/** A leak grows as fast in the second half as in the first; what settles does not. */
const STILL_GROWING = 0.5

/** What a further connection may hold in buffers: where clients become more, so much of the growth is theirs. */
const BYTES_PER_CONNECTION = 64 * 1024

/** The steepest sure growth among the servers that stayed up. */
export function findLeak(trials: readonly Trial[]): Leak | null {
  const leaks = byServer(trials)
    .map(leakOf)
    .filter((leak) => leak !== null)
  return leaks.sort((a, b) => b.bytesPerRequest - a.bytesPerRequest)[0] ?? null
}

/**
 * Whether memory grows with the requests; `null` where no server has had as many trials as it takes to tell.
 *
 * @param keptUp servers stay up from trial to trial: those that are started anew for each keep no more than one trial leaves behind
 */
export function isLeaking(trials: readonly Trial[], keptUp: boolean): boolean | null {
  if (findLeak(trials) !== null) return true
  return !keptUp || byServer(trials).some((own) => settledPoints(own).length >= FEWEST_POINTS) ? false : null
}

function byServer(trials: readonly Trial[]): Trial[][] {
  const servers = new Map<string, Trial[]>()
  const latest = new Map<string, Trial[]>()
  // As they ran, whatever they are listed by: a server and its twin in a block are one.
  for (const trial of trials.toSorted((a, b) => a.id - b.id)) {
    const { phase, target } = trial
    if (phase !== 'race' && phase !== 'confirmation' && phase !== 'sweep') continue
    // Of a heap that is often collected the few clients of a first point leave less behind than the trial before it did; the climb back is no leak.
    const before = latest.get(target)
    const goesOn = phase === 'sweep' && before !== undefined && trial.start === undefined
    const own = goesOn ? before : (servers.get(`${phase} ${target}`) ?? [])
    own.push(trial)
    latest.set(target, own)
    if (!goesOn) servers.set(`${phase} ${target}`, own)
  }
  return [...servers.values()]
}

/** Memory of one server after each of its trials, once its heap has settled. */
function settledPoints(trials: readonly Trial[]): Point[] {
  let answered = 0
  const points = trials.flatMap(({ server, answers, requests, load }) => {
    answered += answers ?? requests.done
    // PSS also grows when neighbours end who had the same code mapped.
    const bytes = server === null ? null : serverBytes(server)
    return bytes === null ? [] : [{ answered, bytes: bytes - BYTES_PER_CONNECTION * load.connections }]
  })
  return points.slice(SETTLING_TRIALS)
}

function leakOf(trials: readonly Trial[]): Leak | null {
  const settled = settledPoints(trials)
  const [first, last] = [settled[0], settled.at(-1)]
  const { target, configuration } = trials[0] ?? {}
  if (settled.length < FEWEST_POINTS || first === undefined || last === undefined) return null
  if (target === undefined || configuration === undefined) return null
  const steps = settled.slice(1).map(({ bytes }, index) => bytes - (settled[index]?.bytes ?? bytes))
  const rising = steps.filter((step) => step > 0).length / steps.length
  const requests = last.answered - first.answered
  const bytesPerRequest = requests === 0 ? 0 : (last.bytes - first.bytes) / requests
  if (rising < RISING || bytesPerRequest < LEAK_BYTES_PER_REQUEST) return null
  if (settling(settled, loopsOf(configuration))) return null
  return { target, bytesPerRequest, requests }
}

/** Memory after so many answers. */
interface Point {
  answered: number
  bytes: number
}

function settling(points: readonly Point[], loops: number): boolean {
  const middle = Math.floor(points.length / 2)
  const [early, late] = [slope(points.slice(0, middle + 1)), slope(points.slice(middle))]
  if (late < STILL_GROWING * early) return true
  const grown = (points.at(-1)?.bytes ?? 0) - (points[0]?.bytes ?? 0)
  return grown < loops * YOUNG_GENERATION_BYTES
}

function slope(points: readonly Point[]): number {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || last.answered === first.answered) return 0
  return (last.bytes - first.bytes) / (last.answered - first.answered)
}
