import type { Workload } from '../result/analysis.js'
import type { WorkerClass } from '../result/configuration.js'

/** A mixed app counts as I/O-bound while its event loop is free for at least half of the time. */
const LOOP_MOSTLY_FREE = 0.5

/**
 * The worker class that the classic Gunicorn decision table gives: I/O-bound → async; CPU-bound, or nothing
 * known → the default class with one request at a time. Blocking I/O is I/O, but an event loop does not help it.
 */
export function decisionTableClass(workload: Pick<Workload, 'class' | 'loopShare'> | null): WorkerClass {
  if (workload === null) return 'sync'
  if (workload.class === 'async-io' || workload.class === 'downstream') return 'async'
  return workload.class === 'mixed' && workload.loopShare <= LOOP_MOSTLY_FREE ? 'async' : 'sync'
}
