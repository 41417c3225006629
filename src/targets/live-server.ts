import { readdir, readFile, readlink } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { Configuration } from '../result/configuration.js'
import type { TargetCounters } from '../result/counters.js'
import { askServer, ServerError, type ServerSettings, type ServerStats } from '../server/index.js'
import { memoryOf, readCounters } from './bundled-counters.js'
import { readProcess } from './process-tree.js'

/** One reading of a server that runs, by its own word and the kernel's. */
export interface LiveReading {
  arbiterPid: number
  counters: TargetCounters
  /** Workers whose figures these are. */
  workers: number
  /** Those that are ready: no longer those that leave, nor yet those that boot. */
  readyWorkers: { nr: number; pid: number }[]
  busySlots: number
  totalSlots: number
  connections: number
  /** Requests that the app has, or whose answers are not yet sent. */
  requestsUnderWay: number
  waiting: number
  timedOut: number
}

/** A bundled server that somebody else started. Nothing is sent to its listening address. */
export interface LiveServer {
  readonly configuration: Configuration
  /** The arbiter as this system numbers it; `null` where its processes are not seen from here, as those of another container. */
  readonly pid: number | null
  read(): Promise<LiveReading>
}

/**
 * @param socketPath its control socket
 * @throws ServerError when no server answers there
 */
export async function attachToServer(socketPath: string): Promise<LiveServer> {
  const settings = (await askServer(socketPath, { command: 'config' })) as ServerSettings
  const { workerClass, threads, workerConnections } = settings
  const ask = async (): Promise<ServerStats> =>
    (await askServer(socketPath, { command: 'stats' })) as ServerStats
  const first = await ask()
  const pid = await seenPid(first)
  return {
    configuration: {
      workerClass,
      // What `tune ctl scale` has made of the setting.
      workers: first.target,
      threads: workerClass === 'sync' ? 1 : threads,
      workerConnections,
    },
    pid,
    read: async () => reading(await ask(), workerClass, pid !== null),
  }
}

/** The server numbers its processes as its own container does. Only where workers are children of the arbiter here as well, they are these. */
async function seenPid({ arbiter, workers }: ServerStats): Promise<number | null> {
  const found = await Promise.all(workers.map(({ pid }) => readProcess(pid)))
  const parents = found.flatMap((one) => (one === null ? [] : [one.parentPid]))
  return parents.length > 0 && parents.every((parent) => parent === arbiter.pid) ? arbiter.pid : null
}

async function reading(
  stats: ServerStats,
  workerClass: ServerSettings['workerClass'],
  isSeen: boolean,
): Promise<LiveReading> {
  const sum = (of: (worker: ServerStats['workers'][number]) => number): number =>
    stats.workers.reduce((total, worker) => total + of(worker), 0)
  const counters = await readCounters(stats, performance.now())
  return {
    arbiterPid: stats.arbiter.pid,
    counters: isSeen ? counters : { ...counters, memory: toldMemory(stats) },
    workers: stats.workers.length,
    readyWorkers: stats.workers.filter(({ state }) => state === 'ready').map(({ nr, pid }) => ({ nr, pid })),
    busySlots: sum(({ busySlots }) => busySlots),
    totalSlots: sum(({ totalSlots }) => totalSlots),
    connections: sum(({ connections }) => connections),
    requestsUnderWay: sum((worker) => underWay(worker, workerClass)),
    waiting: stats.queues.reduce((total, queue) => total + (queue.waiting ?? 0), 0),
    timedOut: sum(({ timedOut }) => timedOut),
  }
}

type WorkerStats = ServerStats['workers'][number]
/** A server that was started before it was told to count them sends no such figure. */
type AnyWorkerStats = Omit<WorkerStats, 'requestsUnderWay'> & Partial<Pick<WorkerStats, 'requestsUnderWay'>>

/**
 * Where the server does not tell: slots of one-at-a-time workers belong to requests. Those of `async` belong to connections, of which many
 * may be idle; there it is what the app was given less what has ended, and no more than one for each connection.
 */
export function underWay(
  { requestsUnderWay, busySlots, connections, queueWait, requests, aborted }: AnyWorkerStats,
  workerClass: ServerSettings['workerClass'],
): number {
  if (requestsUnderWay !== undefined) return requestsUnderWay
  if (workerClass !== 'async') return busySlots
  const begun = queueWait.counts.reduce((total, count) => total + count, 0)
  return Math.min(connections, Math.max(0, begun - requests - aborted))
}

/** By the server's own word, which leaves its arbiter out. */
function toldMemory({ workers }: ServerStats): TargetCounters['memory'] {
  return memoryOf(
    null,
    workers.map(({ memory: { rss, pss } }) => (rss === null ? null : { rssBytes: rss, pssBytes: pss })),
  )
}

/** Somebody listens there and does not answer, unlike where nobody does or another program answers. */
export function isSilence(error: unknown): error is ServerError {
  return error instanceof ServerError && error.code === 'TUNE_E_SERVER_SILENT'
}

const LISTENING = '00010000'

/** Unix sockets on which a process listens; one of them may be its control socket. Empty where /proc does not tell. */
export async function listeningSockets(pid: number): Promise<string[]> {
  try {
    const descriptors = await readdir(`/proc/${pid}/fd`)
    const links = await Promise.all(
      descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
    )
    const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]))
    const lines = (await readFile(`/proc/${pid}/net/unix`, 'utf8')).split('\n').slice(1)
    return lines.flatMap((line) => {
      const [, , , flags, , , inode, path] = line.trim().split(/\s+/)
      return flags === LISTENING && inodes.has(inode) && path !== undefined ? [path] : []
    })
  } catch {
    return []
  }
}
