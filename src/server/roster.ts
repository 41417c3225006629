import type { WorkerHandle } from './worker-handle.js'

/** The workers that exist, in the order they were started. */
export class Roster {
  #workers: WorkerHandle[] = []

  get all(): readonly WorkerHandle[] {
    return this.#workers
  }

  /** Serving, or about to serve. */
  get active(): WorkerHandle[] {
    return this.#workers.filter((worker) => worker.state !== 'draining')
  }

  get ready(): WorkerHandle[] {
    return this.#workers.filter((worker) => worker.state === 'ready')
  }

  get booting(): WorkerHandle[] {
    return this.#workers.filter((worker) => worker.state === 'booting')
  }

  add(worker: WorkerHandle): void {
    this.#workers.push(worker)
  }

  /** Takes out the dead. */
  reap(): WorkerHandle[] {
    const dead = this.#workers.filter((worker) => worker.exit !== null)
    this.#workers = this.#workers.filter((worker) => worker.exit === null)
    return dead
  }

  /** The lowest number that no active worker has. */
  freeNr(): number {
    const taken = new Set(this.active.map((worker) => worker.nr))
    let nr = 1
    while (taken.has(nr)) nr += 1
    return nr
  }
}
