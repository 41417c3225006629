import { performance } from 'node:perf_hooks'
import type { TargetCounters } from '../result/counters.js'
import { memoryOf } from './bundled-counters.js'
import { readActivity, sumActivity } from './proc-activity.js'
import { readMemory } from './proc-memory.js'
import { cpuSecondsOf, type ProcessInfo } from './process-tree.js'
import { readRunQueueSeconds } from './run-queue.js'

/**
 * What /proc tells of any server: CPU, memory, context switches, processes. Requests and event loops it cannot see.
 * A server of one process is all worker.
 */
export async function processCounters(processes: ProcessInfo[], leaderPid: number): Promise<TargetCounters> {
  const single = processes.length === 1
  const leader = single ? undefined : processes.find(({ pid }) => pid === leaderPid)
  const workers = processes.filter((info) => info !== leader)
  const [leaderMemory, workerMemories, activities, queued] = await Promise.all([
    leader === undefined ? null : readMemory(leader.pid),
    Promise.all(workers.map(({ pid }) => readMemory(pid))),
    Promise.all(processes.map(({ pid }) => readActivity(pid))),
    Promise.all(processes.map(({ pid }) => readRunQueueSeconds(pid))),
  ])
  const memory = memoryOf(leaderMemory, workerMemories)
  const activity = sumActivity(activities)
  const rss = [leaderMemory, ...workerMemories].map((one) => one?.rssBytes ?? 0)
  return {
    atMs: performance.now(),
    cpuSeconds: cpuSecondsOf(processes),
    runQueueSeconds: queued.every((one) => one !== null) ? queued.reduce((sum, one) => sum + one, 0) : null,
    loops: [],
    requestsPerWorker: [],
    restarts: 0,
    memory: { ...memory, rssBytes: rss.reduce((sum, bytes) => sum + bytes, 0) },
    processes: processes.length,
    contextSwitches: activity.voluntarySwitches + activity.involuntarySwitches,
    ...activity,
  }
}
