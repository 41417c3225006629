import { capacityOf, loopsOf, type Configuration } from '../result/configuration.js'
import { median } from '../result/median.js'
import type { Trial } from '../result/trial.js'

/** Below the highest by this, throughput falls: less is what short windows differ by. */
export const FALL = 0.15

export interface SweepPoint {
  connections: number
  throughputRps: number
}

/** The highest throughput of a ladder of connections, and the last point, which lies clearly below it. */
export interface Fall {
  best: SweepPoint
  last: SweepPoint
}

/** One window beyond the highest may be a neighbour's. */
const FEWEST_BEYOND = 2

/**
 * `null` where more connections cost nothing, or cannot: of more than it takes in at a time a server sees nothing. The last point alone, or the highest,
 * may be luck: two points at least lie beyond the highest, and they have to be as low in their median too.
 *
 * @param points that may be believed
 */
export function fallOf(points: readonly SweepPoint[], configuration: Configuration): Fall | null {
  const rising = points.toSorted((a, b) => a.connections - b.connections)
  const last = rising.at(-1)
  if (last === undefined) return null
  const best = rising.reduce((a, b) => (b.throughputRps > a.throughputRps ? b : a))
  const beyond = rising.filter(({ connections }) => connections > best.connections)
  if (beyond.length < FEWEST_BEYOND || capacityOf(configuration) <= best.connections) return null
  // One lucky window past the knee makes no fall: two points have to lie above what follows.
  const second = rising.map(({ throughputRps }) => throughputRps).toSorted((a, b) => b - a)[1] ?? 0
  const least = (1 - FALL) * second
  const middle = median(beyond.map(({ throughputRps }) => throughputRps)) ?? best.throughputRps
  const falls = last.throughputRps <= least && middle <= least
  return falls ? { best, last } : null
}

/** Rounding up to whole connections for each loop may let in so many times the best number. */
const CLOSE_TO = 1.5

/** Connections for each event loop that let in about as many as carry most; `null` where one for each is clearly more, and for what has no event loops. */
export function limitOfEach({ best }: Fall, configuration: Configuration): number | null {
  const loops = loopsOf(configuration)
  const each = Math.ceil(best.connections / loops)
  return configuration.workerClass === 'async' && each * loops <= CLOSE_TO * best.connections ? each : null
}

/** Of the sweep of a run: one configuration, from few connections to many. */
export function findFalling(trials: readonly Trial[]): (Fall & { configuration: Configuration }) | null {
  const believed = trials.filter(({ phase, validity }) => phase === 'sweep' && validity.ok)
  const [first] = believed
  if (first === undefined) return null
  const fall = fallOf(
    believed.map(({ load, throughputRps }) => ({ connections: load.connections, throughputRps })),
    first.configuration,
  )
  return fall === null ? null : { ...fall, configuration: first.configuration }
}
