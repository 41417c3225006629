import { readdir, readFile, readlink } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { Configuration } from '../result/configuration.js'
import type { TargetCounters } from '../result/counters.js'
import { askServer, type ServerSettings, type ServerStats } from '../server/index.js'
import { readCounters } from './bundled-counters.js'

/** One reading of a server that runs, by its own word and the kernel's. */
export interface LiveReading {
  arbiterPid: number
  counters: TargetCounters
  busySlots: number
  totalSlots: number
  connections: number
  waiting: number
  timedOut: number
}

/** A bundled server that somebody else started. Nothing is sent to its listening address. */
export interface LiveServer {
  readonly configuration: Configuration
  read(): Promise<LiveReading>
}

/**
 * @param socketPath its control socket
 * @throws ServerError when no server answers there
 */
export async function attachToServer(socketPath: string): Promise<LiveServer> {
  const settings = (await askServer(socketPath, { command: 'config' })) as ServerSettings
  const { workerClass, workers, threads, workerConnections } = settings
  return {
    configuration: { workerClass, workers, threads: workerClass === 'sync' ? 1 : threads, workerConnections },
    read: async () => reading((await askServer(socketPath, { command: 'stats' })) as ServerStats),
  }
}

async function reading(stats: ServerStats): Promise<LiveReading> {
  const sum = (of: (worker: ServerStats['workers'][number]) => number): number =>
    stats.workers.reduce((total, worker) => total + of(worker), 0)
  return {
    arbiterPid: stats.arbiter.pid,
    counters: await readCounters(stats, performance.now()),
    busySlots: sum(({ busySlots }) => busySlots),
    totalSlots: sum(({ totalSlots }) => totalSlots),
    connections: sum(({ connections }) => connections),
    waiting: stats.queues.reduce((total, queue) => total + (queue.waiting ?? 0), 0),
    timedOut: sum(({ timedOut }) => timedOut),
  }
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
