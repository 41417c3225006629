import type { TargetCounters } from '../result/counters.js'
import { readActivity, sumActivity, type ProcessActivity } from './proc-activity.js'
import type { ProcessMemory } from './proc-memory.js'
import { readMemory } from './proc-memory.js'
import { helpersOf, readProcesses, type ProcessInfo } from './process-tree.js'
import { readRunQueueSeconds } from './run-queue.js'
import type { ServerStats } from '../server/index.js'

type WorkerStats = ServerStats['workers'][number]

/** What is not seen from here. To read it of a stranger would set his peak of memory back, too. */
const UNSEEN: ProcessActivity = { voluntarySwitches: 0, involuntarySwitches: 0, peakRssBytes: null }

/** Reads /proc for the processes in `stats` and puts both together. */
export async function readCounters(stats: ServerStats, atMs: number): Promise<TargetCounters> {
  const pids = [stats.arbiter.pid, ...stats.workers.map(({ pid }) => pid)]
  const processes = await readProcesses()
  const own = ownWorkers(stats, processes)
  const [arbiterMemory, workerMemories, queued, activities] = await Promise.all([
    readMemory(stats.arbiter.pid),
    Promise.all(stats.workers.map(({ pid }) => readMemory(pid))),
    Promise.all(stats.workers.map(async ({ pid }) => (own.has(pid) ? readRunQueueSeconds(pid) : null))),
    Promise.all(
      pids.map(async (pid, index) =>
        (index === 0 ? own.size > 0 : own.has(pid)) ? readActivity(pid) : UNSEEN,
      ),
    ),
  ])
  const activity = sumActivity(activities)
  // Those of workers alone: what the arbiter has waited for are workers of earlier days.
  const helpers = stats.workers.map(({ pid }) => helpersOf(pid, stats.arbiter.pid, processes))
  const helpersBytes = await bytesOf(helpers.flatMap(({ running }) => running))
  const cpuByWorker = stats.workers.map((worker, index) => ({
    pid: worker.pid,
    seconds: workerCpuSeconds(worker, own.get(worker.pid)) + (helpers[index]?.cpuSeconds ?? 0),
  }))
  return {
    atMs,
    cpuSeconds: sum(cpuByWorker.map(({ seconds }) => seconds)),
    cpuByWorker,
    runQueueSeconds: sum(queued),
    loops: stats.workers.flatMap(({ nr, loops }) =>
      loops.map(({ id, activeMs, idleMs }) => ({
        id: `${nr}/${id}`,
        busySeconds: activeMs / 1000,
        totalSeconds: (activeMs + idleMs) / 1000,
      })),
    ),
    gcSeconds: stats.workers
      .flatMap(({ loops }) => loops)
      .reduce((all, { gc }) => all + gc.totalMs / 1000, 0),
    requestsPerWorker: bySlot(stats.workers),
    restarts: stats.restarts,
    memory: withHelpers(memoryOf(arbiterMemory, workerMemories), helpersBytes),
    processes: pids.length,
    contextSwitches: activity.voluntarySwitches + activity.involuntarySwitches,
    ...activity,
  }
}

/**
 * Proportional, as helpers may share pages with each other. Where the kernel does not tell that, of a process of another user, its resident set is
 * the most that it can be; and helpers may last for one request only, so one that is gone meanwhile has none.
 */
async function bytesOf(processes: readonly ProcessInfo[]): Promise<number> {
  const memories = await Promise.all(processes.map(({ pid }) => readMemory(pid)))
  return memories.reduce((total, memory) => total + (memory?.pssBytes ?? memory?.rssBytes ?? 0), 0)
}

/**
 * A browser or an interpreter beside each worker is part of what a further worker costs. The resident set stays that of the server's own
 * processes: it is divided by their number, and supervisors look at each of them alone.
 */
export function withHelpers(
  { workersPssBytes, apart, ...memory }: TargetCounters['memory'],
  helpersBytes: number,
): TargetCounters['memory'] {
  return {
    ...memory,
    workersPssBytes: workersPssBytes === null ? null : workersPssBytes + helpersBytes,
    ...(apart === undefined ? {} : { apart: { ...apart, workersBytes: apart.workersBytes + helpersBytes } }),
    ...(helpersBytes === 0 ? {} : { helpersBytes }),
  }
}

/** Answered requests by slot. A slot whose worker is just being replaced counts 0. */
export function bySlot(workers: Pick<WorkerStats, 'nr' | 'requests'>[]): number[] {
  const slots = Math.max(0, ...workers.map(({ nr }) => nr))
  const counts = Array.from({ length: slots }, () => 0)
  // During a reload two workers may hold one slot for a moment.
  for (const { nr, requests } of workers) counts[nr - 1] = (counts[nr - 1] ?? 0) + requests
  return counts
}

/**
 * Workers as this system knows them, by pid. A server in another container numbers them as that one does, and the same number is somebody
 * else here, who is no child of that arbiter.
 */
export function ownWorkers(
  { arbiter, workers }: Pick<ServerStats, 'arbiter' | 'workers'>,
  processes: readonly ProcessInfo[],
): Map<number, ProcessInfo> {
  const pids = new Set(workers.map(({ pid }) => pid))
  const own = processes.filter(({ pid, parentPid }) => pids.has(pid) && parentPid === arbiter.pid)
  return new Map(own.map((info) => [info.pid, info]))
}

/** A worker whose loop is blocked cannot answer, but the kernel still knows what it used, to 10 ms. */
function workerCpuSeconds(worker: WorkerStats, seen: ProcessInfo | undefined): number {
  const told = (worker.cpuUserUs + worker.cpuSystemUs) / 1e6
  return worker.stale && seen !== undefined ? Math.max(told, seen.cpuSeconds) : told
}

export function memoryOf(
  arbiter: ProcessMemory | null,
  workers: (ProcessMemory | null)[],
): TargetCounters['memory'] {
  return {
    arbiterPssBytes: arbiter?.pssBytes ?? null,
    workersPssBytes: sum(workers.map((memory) => memory?.pssBytes ?? null)),
    rssBytes: sum([arbiter, ...workers].map((memory) => memory?.rssBytes ?? null)),
    ...apart(arbiter, workers),
  }
}

/**
 * Private pages by process, and the shared ones once. Processes of one server map the same code, so the largest shared part of any of
 * them stands for what they have in common. PSS instead deals it out to whoever has it mapped, servers beside this one included.
 */
function apart(
  arbiter: ProcessMemory | null,
  workers: (ProcessMemory | null)[],
): Pick<TargetCounters['memory'], 'apart'> {
  const workersBytes = sum(workers.map((memory) => memory?.privateBytes ?? null))
  // A server of one process has no arbiter.
  const arbiterBytes = arbiter === null ? 0 : (arbiter.privateBytes ?? null)
  if (workersBytes === null || arbiterBytes === null || workers.length === 0) return {}
  const shared = [arbiter, ...workers].map((one) =>
    one === null ? 0 : one.rssBytes - (one.privateBytes ?? 0),
  )
  return { apart: { arbiterBytes, workersBytes, sharedBytes: Math.max(0, ...shared) } }
}

/** One unknown part makes the sum unknown: a sum that is silently too small would become advice. */
function sum(parts: (number | null)[]): number | null {
  return parts.reduce<number | null>(
    (total, part) => (total === null || part === null ? null : total + part),
    0,
  )
}
