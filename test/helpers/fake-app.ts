import { capacityOf, loopsOf, type Configuration } from '../../src/result/configuration.js'

/** An app by what one request of it needs. Milliseconds. */
export interface FakeApp {
  cpuMs: number
  waitMs: number
  /** The waiting holds the event loop. */
  blocking?: boolean
  /** The computing runs on libuv's pool of four threads per process. */
  offLoop?: boolean
  /** Requests that proceed at a time, whatever the server: a limit behind the app. */
  poolSize?: number
  /** The same for each process: a connection pool in the app. */
  poolPerProcess?: number
  /** The waiting holds a thread of libuv's pool, as that for files does. */
  waitsInPool?: boolean
  /** Share of answers that are not 2xx. */
  failingShare?: number
  /** Connections beyond which half of the answers are 503. */
  failsBeyond?: number
  /** Part of the throughput that is lost from the beginning of a window to its end. */
  slowsDownBy?: number
  /** Memory that every answered request leaves behind. */
  leakBytes?: number
  /** Part of the CPU time in which the collector holds the loop. */
  collectsShare?: number
  /** Answers of each loop until its collector knows the app; before, a request takes half as much CPU again. */
  settlesAfter?: number
  /** Answers after which a worker dies, and is replaced. */
  diesAfter?: number
  /** Bytes of one worker, where they are not the usual ones. */
  workerBytes?: number
  /** What each further thread takes. */
  threadBytes?: number
  /** Every answer closes its connection. */
  closes?: boolean
  /** Time that the first load of a server loses: it compiles, connects, fills caches. */
  slowStartSeconds?: number
  /** CPU of each worker, asked or not, on its loop. */
  idleCores?: number
}

const TRANSPORT_MS = 0.06
const CONNECT_MS = 0.05
const POOL_THREADS = 4
/** Longer queues than this behave alike, and the sum below is linear in it. */
const LONGEST_QUEUE = 2000

/** Requests per second that a configuration truly serves with so many clients. No noise. */
export function trueThroughput(
  app: FakeApp,
  configuration: Configuration,
  effectiveCpus: number,
  connections: number,
): number {
  const slots = app.blocking
    ? Math.min(capacityOf(configuration), loopsOf(configuration))
    : capacityOf(configuration)
  const { workers, threadPool = POOL_THREADS } = configuration
  const each = app.waitsInPool ? threadPool : (app.poolPerProcess ?? Infinity)
  const pools = Math.min(app.poolSize ?? Infinity, each * workers)
  const underWay = Math.min(connections, slots, pools, LONGEST_QUEUE)
  const servers = app.offLoop ? POOL_THREADS * configuration.workers : loopsOf(configuration)
  const cpuMs = app.cpuMs + (configuration.workerClass === 'sync' ? CONNECT_MS : 0)
  const waitMs = app.waitMs + (connections === 1 ? TRANSPORT_MS : 0)
  return machineRepair(underWay, Math.min(effectiveCpus, app.blocking ? Infinity : servers), cpuMs, waitMs)
}

/**
 * M/M/m//K, the machine-repair model: K requests alternate between waiting (W) and one of m processors (C).
 * X = sum over j of p_j * min(j, m) / C, with p_j / p_(j-1) = ((K - j + 1) / W) / (min(j, m) / C).
 */
function machineRepair(requests: number, processors: number, cpuMs: number, waitMs: number): number {
  const rate = (busy: number): number => Math.min(busy, processors) / cpuMs
  if (waitMs < 1e-6) return rate(requests) * 1000
  let log = 0
  const logs = [0]
  for (let busy = 1; busy <= requests; busy++) {
    log += Math.log((requests - busy + 1) / waitMs / rate(busy))
    logs.push(log)
  }
  const highest = logs.reduce((a, b) => Math.max(a, b))
  let weight = 0
  let served = 0
  logs.forEach((value, busy) => {
    const share = Math.exp(value - highest)
    weight += share
    if (busy > 0) served += share * rate(busy)
  })
  return (served / weight) * 1000
}
