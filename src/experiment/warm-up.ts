import { capacityOf, type Configuration } from '../result/configuration.js'
import type { LoadOutcome } from '../result/trial.js'
import type { LoadGenerator, LoadSpec, RunningTarget } from './ports.js'
import { surelyChanged, trendOf } from './trend.js'
import { underLoad } from './under-load.js'

/** A rise of less than this within a window is as good as none. */
const STILL_RISING = 0.1
/**
 * And one of less than this from a window to the next, which is where most of it shows: a service with a few milliseconds of JavaScript a
 * request was 15 % below itself after 0.7 s of load on five workers, and 8 % on two. Such a first block speaks against more workers.
 */
const FASTER_THAN_BEFORE = 0.05

export interface Patience {
  /** Windows that it may take. */
  mostWindows: number
  /** So many in a row must be no faster than the best so far. */
  quietWindows: number
}

/** With so many for each slot a server that warms up is never without work. */
const CLIENTS_PER_SLOT = 4
/** For a race against the clock. */
const BRIEF: Patience = { mostWindows: 4, quietWindows: 1 }
/**
 * Where no budget presses. Handlers of some microseconds need thousands of requests in each worker: five workers on two cores went from
 * 2,600 to 12,600 requests per second in eight windows of 0.3 s, twice with a window in between that was no faster than those before.
 */
export const THOROUGH: Patience = { mostWindows: 12, quietWindows: 2 }

export interface WarmUp {
  /** Throughput of the last window. */
  throughputRps: number
  /**
   * How long the server takes to work off its queue: the longest request of a window, in the window where that was shortest, as a stall is none
   * of the server's. A window opens on an empty queue, so the last of the first requests waits for all the others; the throughput of such a
   * window counts too many, as those that were served first were short. 0 where nothing was answered.
   */
  queueSeconds: number
  /** False when the throughput still rose in the last of the windows that a warm-up may have. */
  steady: boolean
}

/** A warm-up of a server, which tells how fast it works off its queue. */
export interface ServerWarmUp extends WarmUp {
  /** Requests per second: its clients divided by the time that it takes to work them off; 0 where nothing was answered. */
  queueRps: number
}

type Window = Pick<LoadOutcome, 'slices' | 'throughputRps'> & {
  latencyUs: Pick<LoadOutcome['latencyUs'], 'max'>
}

/** Compilers, caches and pools make a server faster while it warms up, so what has surely become faster is not warm. */
export function stillRising({ slices }: Pick<LoadOutcome, 'slices'>): boolean {
  const trend = trendOf(slices)
  return trend !== null && trend.change > 0 && surelyChanged(trend) > STILL_RISING
}

/** Windows of load, thrown away, until the throughput rises neither within one nor above the best before it. */
export async function warmUntilSteady(
  load: () => Promise<Window>,
  { mostWindows, quietWindows } = BRIEF,
): Promise<WarmUp> {
  const queues: number[] = []
  const next = async (): Promise<Window> => {
    const window = await load()
    if (window.latencyUs.max !== null) queues.push(window.latencyUs.max / 1e6)
    return window
  }
  const finish = (steady: boolean): WarmUp => ({
    ...{ throughputRps, steady },
    queueSeconds: queues.length === 0 ? 0 : Math.min(...queues),
  })
  let { throughputRps } = await next()
  let best = throughputRps
  let quiet = 0
  for (let windows = 1; windows < mostWindows; windows++) {
    const window = await next()
    // Against the last one alone, noise would look like a rise after every slow window.
    const isFaster = window.throughputRps > (1 + FASTER_THAN_BEFORE) * best
    throughputRps = window.throughputRps
    best = Math.max(best, throughputRps)
    quiet = isFaster || stillRising(window) ? 0 : quiet + 1
    if (quiet === quietWindows) return finish(true)
  }
  return finish(false)
}

/** Warms a server of this configuration against the clock, with so many clients at most. */
export async function warmServer(
  running: RunningTarget,
  configuration: Configuration,
  load: Omit<LoadSpec, 'address' | 'rampSeconds'>,
  generator: LoadGenerator,
  signal: AbortSignal,
): Promise<ServerWarmUp> {
  // A longer queue warms nothing more, and each window would end with working it off.
  const connections = Math.min(load.connections, CLIENTS_PER_SLOT * capacityOf(configuration))
  const warm = await warmUntilSteady(() =>
    underLoad(running, { ...load, connections, rampSeconds: 0 }, generator, signal),
  )
  return { ...warm, queueRps: warm.queueSeconds === 0 ? 0 : connections / warm.queueSeconds }
}

/** `the warm-up of a, b was cut …`: for the warnings of a document; empty when all were warm. */
export function coldWarnings(labels: readonly string[], { mostWindows } = BRIEF): string[] {
  if (labels.length === 0) return []
  return [
    `${labels.join(', ')} still became faster when the warm-up ended after ${mostWindows} windows: early blocks may show it slower than it is`,
  ]
}
