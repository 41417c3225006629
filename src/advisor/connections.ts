import type { ConnectionAdvice, ConnectionSweep } from '../result/connection-sweep.js'
import { capacityOf, loopsOf, type Configuration } from '../result/configuration.js'
import { median } from '../result/median.js'
import { fallOf, limitOfEach, type Fall } from './falling.js'
import { counted, milliseconds, number, percent, underWay } from './wording.js'

type Point = ConnectionSweep['points'][number]
export type SweepReading = Pick<
  ConnectionSweep,
  'kneeMeasured' | 'kneeBeyond' | 'latencyHoldsTo' | 'fallsBeyond' | 'advice' | 'adviceAtLeast' | 'note'
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
/** Short windows differ by a tenth by luck alone. */
const ROUND = 0.15
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
  if (points.length === 0) return { ...silent, note: 'not varied: the time was over' }
  if (believed.length < 3) {
    const may = points.length === 1 ? 'trial may' : 'trials may'
    return { ...silent, note: `only ${believed.length} of ${points.length} ${may} be believed` }
  }
  const mean = (point: Point): number => point.meanUs ?? 0
  const shortest = believed.reduce((a, b) => (mean(b) < mean(a) ? b : a))
  const shortestUs = mean(shortest)
  const highest = believed.reduce((a, b) => (b.throughputRps > a.throughputRps ? b : a))
  const holds = believed.filter((point) => mean(point) <= TWICE * shortestUs)
  const latencyHoldsTo = Math.max(...holds.map(({ connections }) => connections))
  const last = believed.at(-1)
  const fall = fallOf(believed, configuration)
  // What falls has no flat asymptote: the rising one ends at the highest point.
  const flatRps = fall === null ? plateauRps(believed, highest, shortestUs) : fall.best.throughputRps
  const knee = (flatRps * shortestUs) / 1e6
  const most = last?.connections ?? 0
  const isFlat = highest !== last || growth(believed) <= FLAT || most > latencyHoldsTo
  if (!isFlat || most < PAST_KNEE * knee) {
    const note = `throughput still grows at ${most} connections, so the knee lies beyond what was tried${beyondWords(kneePredicted)}`
    const adviceAtLeast = adviceFor(configuration, knee, highest.throughputRps)
    return { ...silent, kneeBeyond: most, latencyHoldsTo, adviceAtLeast, note }
  }
  const latencyHolds = holdsWords(latencyHoldsTo, shortest)
  const stops = stopsWords(knee, kneePredicted, growthBeyond(believed, knee))
  if (fall !== null) {
    return {
      ...{ kneeMeasured: knee, latencyHoldsTo, fallsBeyond: fall.best.connections },
      advice: adviceWhereItFalls(configuration, fall),
      note: `${stops}, and falls beyond ${fall.best.connections} connections, by ${percent(1 - fall.last.throughputRps / fall.best.throughputRps)} at ${fall.last.connections}; ${latencyHolds}`,
    }
  }
  return {
    kneeMeasured: knee,
    latencyHoldsTo,
    advice: adviceFor(configuration, knee, highest.throughputRps),
    note: `${stops}; ${latencyHolds}`,
  }
}

/** No reserve beyond the best point: it would cost what it is meant to save. */
function adviceWhereItFalls(configuration: Configuration, fall: Fall): ConnectionAdvice {
  return {
    workerConnections: limitOfEach(fall, configuration),
    backlog: backlogFor(fall.best.throughputRps),
    balancerLimit: fall.best.connections,
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
  return predicted === null ? '' : ` (predicted from the probe: ${number(predicted)})`
}

function workerConnections(configuration: Configuration, balancerLimit: number): number | null {
  if (configuration.workerClass !== 'async') return null
  return Math.max(FEWEST_WORKER_CONNECTIONS, Math.ceil(balancerLimit / loopsOf(configuration)))
}

function backlogFor(throughputRps: number): number {
  const waiting = 2 ** Math.ceil(Math.log2(Math.max(1, throughputRps * BACKLOG_SECONDS)))
  return Math.min(BACKLOG.most, Math.max(BACKLOG.least, waiting))
}

/** What throughput gains beyond the knee, where the curve is round: workers that share cores, or a pool, fill up one after the other. */
function growthBeyond(points: readonly Point[], knee: number): string | null {
  const [at, ...beyond] = points.filter(({ connections }) => connections >= knee)
  const flatRps = median(beyond.map(({ throughputRps }) => throughputRps))
  const gained = at === undefined || flatRps === null ? 0 : flatRps / at.throughputRps - 1
  if (at === undefined || gained < ROUND) return null
  return `throughput still gains ${percent(gained)} on that with ${at.connections} connections`
}

function stopsWords(knee: number, predicted: number | null, grows: string | null): string {
  const model =
    predicted === null
      ? ''
      : ` (predicted from the probe: ${number(predicted)}, ${number(100 * Math.abs(predicted / knee - 1))} % off)`
  if (grows !== null) return `the knee is at ${underWay(knee)}${model}; beyond it ${grows}`
  return `throughput stops growing at ${underWay(knee)}${model}`
}

/** The shortest mean of the sweep stands for a request that meets no other; alone it was measured in another server. */
function holdsWords(holdsTo: number, shortest: Point): string {
  return (
    `up to ${counted(holdsTo, 'connection')} a request takes, in the mean, at most twice the shortest mean of this sweep ` +
    `(${milliseconds((shortest.meanUs ?? 0) / 1000)} with ${counted(shortest.connections, 'connection')})`
  )
}
