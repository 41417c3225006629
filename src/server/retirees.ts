import { monotonicMs } from './clock.js'
import type { Log } from './log.js'
import { memoryBytes } from './process-memory.js'
import type { Roster } from './roster.js'
import type { Tally } from './tally.js'
import type { WorkerHandle } from './worker-handle.js'

/** Workers that have served long enough, in the order in which that was found. */
export function retirees(roster: Roster, tally: Tally, log: Log): WorkerHandle[] {
  const nowMs = monotonicMs()
  for (const worker of roster.ready) {
    if (worker.retiring !== null) continue
    worker.retiring = worker.retirement.due(worker, nowMs, memoryBytes)
    if (worker.retiring === null) continue
    tally.recycled += 1
    log.info(`Worker (pid:${worker.pid}) is replaced: it ${worker.retiring}`)
  }
  return roster.ready.filter((worker) => worker.retiring !== null)
}
