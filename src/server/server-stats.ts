import { monotonicMs } from './clock.js'
import type { Crew } from './crew.js'
import { listenQueue } from './listen-queue.js'
import type { ServerStats } from './protocol.js'
import type { Resources } from './resources.js'

const DEADLINE_MS = 1000

/** Asks every worker; one with a blocked event loop is reported with its last figures. */
export async function serverStats(crew: Crew, resources: Resources): Promise<ServerStats> {
  const { roster, backoff, restartReasons, recycled, target } = crew
  const { tls } = resources
  const workers = await Promise.all(roster.all.map((worker) => worker.stats(DEADLINE_MS)))
  return {
    arbiter: { pid: process.pid },
    restarts: Object.values(restartReasons).reduce((sum, count) => sum + count, 0),
    restartReasons: { ...restartReasons },
    recycled,
    restartBudgetLeft: backoff.budgetLeft(monotonicMs()),
    target,
    tls: tls && { expiresAt: tls.expiresAt, fingerprint: tls.fingerprint },
    queues: resources.addresses.map((address) => ({
      address: resources.describe(address),
      waiting: listenQueue(address),
    })),
    workers,
  }
}
