import type { Configuration, WorkerClass } from '../result/configuration.js'
import { DEFAULT_WORKER_CONNECTIONS } from '../result/configuration.js'

/**
 * Gunicorn's rule, `(2 * CPUs) + 1` workers: one computes while another waits, and one is spare.
 *
 * With a fraction of a CPU the product is rounded down before the spare worker is added: 0.5 CPUs give 2, 1.5
 * give 4, 0.25 give 1. A whole number of half CPUs is then exact, more CPU never means fewer workers, and a
 * fraction never counts as capacity that is not there.
 */
export function heuristicWorkers(effectiveCpus: number): number {
  return Math.floor(2 * effectiveCpus) + 1
}

/** The rule for each worker class, as a full configuration. */
export function heuristicConfigurations(effectiveCpus: number): Record<WorkerClass, Configuration> {
  const workers = heuristicWorkers(effectiveCpus)
  const workerConnections = DEFAULT_WORKER_CONNECTIONS
  return {
    sync: { workerClass: 'sync', workers, threads: 1, workerConnections },
    threaded: { workerClass: 'threaded', ...threadedShape(workers), workerConnections },
    async: { workerClass: 'async', workers, threads: 1, workerConnections },
  }
}

/**
 * Workers x threads with a product as near as possible to `target` requests at a time (9 = 3 x 3 on 4 CPUs).
 *
 * Both are at least 2, because one worker has nobody to take over while it restarts and one thread is the `sync`
 * class: 5 (2 CPUs) therefore becomes 2 x 2 = 4. Of equally near shapes the squarest wins (11: 4 x 3 before
 * 5 x 2), then the smaller product, which costs less, then more workers than threads, which isolates better (7:
 * 3 x 2). Below 4 there is room for a single worker: 1 x 3 on one CPU.
 */
function threadedShape(target: number): Shape {
  if (target < 4) return { workers: 1, threads: target }
  let best: Shape = { workers: 2, threads: 2 }
  for (let threads = 2; threads <= target / 2 + 1; threads++) {
    for (const workers of [Math.ceil(target / threads), Math.floor(target / threads)]) {
      const shape = { workers: Math.max(2, workers), threads }
      if (isBetter(shape, best, target)) best = shape
    }
  }
  return best
}

interface Shape {
  workers: number
  threads: number
}

function isBetter(a: Shape, b: Shape, target: number): boolean {
  const order = [
    Math.abs(a.workers * a.threads - target) - Math.abs(b.workers * b.threads - target),
    Math.abs(a.workers - a.threads) - Math.abs(b.workers - b.threads),
    a.workers * a.threads - b.workers * b.threads,
    b.workers - a.workers,
  ]
  return (order.find((difference) => difference !== 0) ?? 0) < 0
}
