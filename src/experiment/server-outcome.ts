import type { ServerOutcome } from '../result/trial.js'
import type { TargetCounters } from './ports.js'

/**
 * What the target's processes did between two readings. The readings enclose the whole trial, ramp and last answers
 * included, so costs per request divide by what the server itself answered in between, never by the count of the
 * measured window. Where the target cannot count its answers, `answers` is how many of them the generator got in all of the trial;
 * without either, costs per request stay unknown.
 */
export function serverOutcome(before: TargetCounters, after: TargetCounters, answers = 0): ServerOutcome {
  const seconds = (after.atMs - before.atMs) / 1000
  const requestsPerWorker = after.requestsPerWorker.map((count, slot) =>
    grown(before.requestsPerWorker[slot] ?? 0, count),
  )
  const answered =
    requestsPerWorker.length === 0 ? answers : requestsPerWorker.reduce((sum, count) => sum + count, 0)
  const cpuSeconds = cpuGrowth(before, after)
  const queued = growth(before.runQueueSeconds, after.runQueueSeconds)
  const loops = loopDeltas(before, after)
  const busySeconds = loops.reduce((sum, loop) => sum + loop.busySeconds, 0)
  const { arbiterPssBytes, workersPssBytes, rssBytes, apart } = after.memory
  return {
    cpuSecondsPerRequest: cpuSeconds === null || answered === 0 ? null : cpuSeconds / answered,
    loopSecondsPerRequest: loops.length === 0 || answered === 0 ? null : busySeconds / answered,
    runQueueSecondsPerRequest: queued === null || answered === 0 ? null : queued / answered,
    cpuCores: cpuSeconds === null || seconds <= 0 ? null : cpuSeconds / seconds,
    loopUtilization: busiest(loops),
    pssBytes: workersPssBytes === null ? null : workersPssBytes + (arbiterPssBytes ?? 0),
    rssBytes,
    ...(apart === undefined
      ? {}
      : { aloneBytes: apart.arbiterBytes + apart.workersBytes + apart.sharedBytes }),
    requestsPerWorker,
    restarts: Math.max(0, after.restarts - before.restarts),
    ...processFigures(before, after, answered),
  }
}

type ProcessFigures = Pick<
  ServerOutcome,
  | 'processes'
  | 'contextSwitchesPerRequest'
  | 'voluntarySwitchesPerRequest'
  | 'involuntarySwitchesPerRequest'
  | 'peakRssBytes'
  | 'gcShare'
>

function processFigures(before: TargetCounters, after: TargetCounters, answered: number): ProcessFigures {
  const { processes, peakRssBytes = null } = after
  if (processes === undefined) return {}
  const perRequest = (key: 'contextSwitches' | 'voluntarySwitches' | 'involuntarySwitches') => {
    const grew = growth(before[key] ?? null, after[key] ?? null)
    return grew === null || answered === 0 ? null : grew / answered
  }
  const collected = growth(before.gcSeconds ?? null, after.gcSeconds ?? null)
  const used = cpuGrowth(before, after)
  return {
    processes,
    contextSwitchesPerRequest: perRequest('contextSwitches'),
    voluntarySwitchesPerRequest: perRequest('voluntarySwitches'),
    involuntarySwitchesPerRequest: perRequest('involuntarySwitches'),
    ...(peakRssBytes === null ? {} : { peakRssBytes }),
    ...(collected === null || used === null || used <= 0 ? {} : { gcShare: Math.min(1, collected / used) }),
  }
}

/**
 * By worker, where the counters tell: one that came meanwhile is all new, and one that is gone takes nothing from the others.
 * What it did itself after the first reading is lost, as its requests are.
 */
function cpuGrowth(before: TargetCounters, after: TargetCounters): number | null {
  if (before.cpuByWorker === undefined || after.cpuByWorker === undefined) {
    return growth(before.cpuSeconds, after.cpuSeconds)
  }
  const earlier = new Map(before.cpuByWorker.map(({ pid, seconds }) => [pid, seconds]))
  return after.cpuByWorker.reduce<number | null>((total, { pid, seconds }) => {
    const start = earlier.get(pid)
    const grew = growth(start === undefined ? 0 : start, seconds)
    return total === null || grew === null ? null : total + grew
  }, 0)
}

/** A sum that fell has lost a worker on the way, and what it had counted. */
function growth(before: number | null, after: number | null): number | null {
  return before === null || after === null || after < before ? null : after - before
}

/** A counter that fell belongs to a worker started in between: everything it shows is new. */
function grown(before: number, after: number): number {
  return after >= before ? after - before : after
}

interface LoopDelta {
  busySeconds: number
  totalSeconds: number
}

function loopDeltas(before: TargetCounters, after: TargetCounters): LoopDelta[] {
  const earlier = new Map(before.loops.map((loop) => [loop.id, loop]))
  return after.loops.map((loop) => {
    const start = earlier.get(loop.id)
    return {
      busySeconds: grown(start?.busySeconds ?? 0, loop.busySeconds),
      totalSeconds: grown(start?.totalSeconds ?? 0, loop.totalSeconds),
    }
  })
}

function busiest(loops: readonly LoopDelta[]): number | null {
  const shares = loops
    .filter((loop) => loop.totalSeconds > 0)
    .map((loop) => Math.min(1, loop.busySeconds / loop.totalSeconds))
  return shares.length === 0 ? null : Math.max(...shares)
}
