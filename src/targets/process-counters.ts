import { readdir, readFile } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { TargetCounters } from '../result/counters.js'
import { memoryOf } from './bundled-counters.js'
import { readMemory } from './proc-memory.js'
import type { ProcessInfo } from './process-tree.js'
import { readRunQueueSeconds } from './run-queue.js'

/**
 * What /proc tells of any server: CPU, memory, context switches, processes. Requests and event loops it cannot see.
 * A server of one process is all worker.
 */
export async function processCounters(processes: ProcessInfo[], leaderPid: number): Promise<TargetCounters> {
  const single = processes.length === 1
  const leader = single ? undefined : processes.find(({ pid }) => pid === leaderPid)
  const workers = processes.filter((info) => info !== leader)
  const [leaderMemory, workerMemories, switches, queued] = await Promise.all([
    leader === undefined ? null : readMemory(leader.pid),
    Promise.all(workers.map(({ pid }) => readMemory(pid))),
    Promise.all(processes.map(({ pid }) => contextSwitches(pid))),
    Promise.all(processes.map(({ pid }) => readRunQueueSeconds(pid))),
  ])
  const memory = memoryOf(leaderMemory, workerMemories)
  const rss = [leaderMemory, ...workerMemories].map((one) => one?.rssBytes ?? 0)
  return {
    atMs: performance.now(),
    cpuSeconds: processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    runQueueSeconds: queued.every((one) => one !== null) ? queued.reduce((sum, one) => sum + one, 0) : null,
    loops: [],
    requestsPerWorker: [],
    restarts: 0,
    memory: { ...memory, rssBytes: rss.reduce((sum, bytes) => sum + bytes, 0) },
    processes: processes.length,
    contextSwitches: switches.reduce((sum, count) => sum + count, 0),
  }
}

/** Of all threads: /proc/<pid>/status counts those of the first one only. */
async function contextSwitches(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const counts = await Promise.all(
    threads.map(async (thread) => {
      const text = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '')
      return parseContextSwitches(text)
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Voluntary and involuntary together. */
export function parseContextSwitches(text: string): number {
  const matches = text.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm)
  return [...matches].reduce((sum, match) => sum + Number(match[1]), 0)
}
