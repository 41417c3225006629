import type { ConnectionAdvice, ConnectionSweep } from '../result/connection-sweep.js'
import { capacityOf, loopsOf, type Configuration } from '../result/configuration.js'
import { median } from '../result/median.js'
import { number } from './wording.js'

type Point = ConnectionSweep['points'][number]
export type SweepReading = Pick<
  ConnectionSweep,
  'kneeMeasured' | 'kneeBeyond' | 'latencyHoldsTo' | 'advice' | 'adviceAtLeast' | 'note'
>

/** Enough for most knees; a farther one gets more, but no more than a backlog holds when all are opened at once. */
const MOST_CONNECTIONS = { asRule: 512, ever: 2048 }
/** Below and above the predicted knee, so that an error of the prediction by a factor of three still shows both asymptotes. */
const AROUND_KNEE = 4
/** Latency holds while a request spends no longer queueing than being served. */
const TWICE = 2
/** Throughput that grows by less than this part of the growth of connections, as logarithms, counts as flat. */
const FLAT = 0.3
/** A ladder that ends below this many times its own knee has seen the rising asymptote only: X_max * R_min is then where it ends. */
const PAST_KNEE = 1.2
/** So far beyond the predicted knee a ladder should end: a prediction that is a quarter too low still shows it. */
const PAST_PREDICTION = 1.5
/** Each connection is a descriptor in the generator and one in the server; the rest belongs to the app. */
const DESCRIPTORS_PER_CONNECTION = 4
/** A client that waits in the backlog for longer than this has better been refused. */
const BACKLOG_SECONDS = 1
const BACKLOG = { least: 64, most: 2048 }
const FEWEST_WORKER_CONNECTIONS = 16

/**
 * Connections to try, lowest first: a geometric ladder from a quarter of the predicted knee (but no fewer than event loops, which would
 * leave some idle) to four times it. Where that is more than may be opened, it starts lower instead: both asymptotes take a factor of
 * sixteen. `points` at most.
 */
export function connectionLadder(
  configuration: Configuration,
  kneePredicted: number | null,
  points: number,
  openFilesLimit: number | null,
): number[] {
  const loops = loopsOf(configuration)
  const knee = Math.max(loops, kneePredicted ?? loops)
  const most = mostConnections(configuration, knee, openFilesLimit)
  const low = Math.max(1, Math.floor(Math.min(knee / AROUND_KNEE, most / AROUND_KNEE ** 2)))
  const high = Math.min(most, Math.ceil(Math.max(AROUND_KNEE * knee, 2 * AROUND_KNEE * loops)))
  const ratio = (high / low) ** (1 / Math.max(1, points - 1))
  const ladder: number[] = []
  for (let step = 0; step < points; step++) {
    // Of a short ladder the lowest steps round to the same number, and each point is to be another.
    const next = Math.max((ladder.at(-1) ?? 0) + 1, Math.round(low * ratio ** step))
    if (next <= high) ladder.push(next)
  }
  return ladder
}

/** A power of two well beyond the knee, as far as descriptors allow, and event loops take connections in. */
function mostConnections(configuration: Configuration, knee: number, openFilesLimit: number | null): number {
  const wanted = 2 ** Math.ceil(Math.log2(PAST_PREDICTION * knee))
  const descriptors = Math.floor((openFilesLimit ?? Infinity) / DESCRIPTORS_PER_CONNECTION)
  const held = configuration.workerClass === 'async' ? capacityOf(configuration) : Infinity
  const most = Math.min(MOST_CONNECTIONS.ever, Math.max(MOST_CONNECTIONS.asRule, wanted))
  return Math.max(2, Math.min(most, descriptors, held))
}

/** What the points say. Operational analysis: X rises as c / R_min until it is flat at X_max, and the two meet at X_max * R_min. */
export function readSweep(
  points: readonly Point[],
  configuration: Configuration,
  kneePredicted: number | null,
): SweepReading {
  const believed = points.filter(({ believed: ok, meanUs }) => ok && meanUs !== null)
  const silent = { kneeMeasured: null, latencyHoldsTo: null, advice: null }
  if (believed.length < 3) {
    return { ...silent, note: `only ${believed.length} of ${points.length} trials may be believed` }
  }
  const mean = (point: Point): number => point.meanUs ?? 0
  const shortestUs = Math.min(...believed.map(mean))
  const highest = believed.reduce((a, b) => (b.throughputRps > a.throughputRps ? b : a))
  const holds = believed.filter((point) => mean(point) <= TWICE * shortestUs)
  const latencyHoldsTo = Math.max(...holds.map(({ connections }) => connections))
  const last = believed.at(-1)
  const knee = (plateauRps(believed, highest, shortestUs) * shortestUs) / 1e6
  const most = last?.connections ?? 0
  const isFlat = highest !== last || growth(believed) <= FLAT || most > latencyHoldsTo
  if (!isFlat || most < PAST_KNEE * knee) {
    const note = `throughput still grows at ${most} connections, so the knee lies beyond what was tried${beyondWords(kneePredicted)}`
    const adviceAtLeast = adviceFor(configuration, knee, highest.throughputRps)
    return { ...silent, kneeBeyond: most, latencyHoldsTo, adviceAtLeast, note }
  }
  return {
    kneeMeasured: knee,
    latencyHoldsTo,
    advice: adviceFor(configuration, knee, highest.throughputRps),
    note: kneeSentence(knee, kneePredicted, latencyHoldsTo),
  }
}

function adviceFor(configuration: Configuration, knee: number, throughputRps: number): ConnectionAdvice {
  const balancerLimit = Math.max(2 * loopsOf(configuration), Math.ceil(2 * knee))
  return {
    workerConnections: workerConnections(configuration, balancerLimit),
    backlog: backlogFor(throughputRps),
    balancerLimit,
  }
}

/**
 * The flat asymptote: what the points past the knee carry, at their median. The highest of a handful of short windows is above it by what
 * luck adds, a sixth to a quarter on a noisy machine, and it alone would move the knee out by as much.
 */
function plateauRps(points: readonly Point[], highest: Point, shortestUs: number): number {
  const farthestKnee = (highest.throughputRps * shortestUs) / 1e6
  const past = points.filter(({ connections }) => connections >= PAST_KNEE * farthestKnee)
  return median(past.map(({ throughputRps }) => throughputRps)) ?? highest.throughputRps
}

/** How much of the last step of the ladder arrived in throughput: 1 where both grow alike, 0 where nothing is gained. */
function growth(points: readonly Point[]): number {
  const [before, last] = points.slice(-2)
  if (before === undefined || last === undefined) return 0
  return Math.log(last.throughputRps / before.throughputRps) / Math.log(last.connections / before.connections)
}

function beyondWords(predicted: number | null): string {
  return predicted === null ? '' : ` (predicted from one connection: ${number(predicted)})`
}

function workerConnections(configuration: Configuration, balancerLimit: number): number | null {
  if (configuration.workerClass !== 'async') return null
  return Math.max(FEWEST_WORKER_CONNECTIONS, Math.ceil(balancerLimit / loopsOf(configuration)))
}

function backlogFor(throughputRps: number): number {
  const waiting = 2 ** Math.ceil(Math.log2(Math.max(1, throughputRps * BACKLOG_SECONDS)))
  return Math.min(BACKLOG.most, Math.max(BACKLOG.least, waiting))
}

function kneeSentence(knee: number, predicted: number | null, holdsTo: number): string {
  const model =
    predicted === null
      ? ''
      : ` (predicted from one connection: ${number(predicted)}, ${number(100 * Math.abs(predicted / knee - 1))} % off)`
  return (
    `throughput stops growing at ${number(knee)} requests under way${model}; ` +
    `up to ${holdsTo} connections a request takes at most twice as long as alone, in the mean`
  )
}
