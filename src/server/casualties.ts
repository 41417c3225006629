import type { Announcer } from './announcer.js'
import type { Crew } from './crew.js'
import type { Generations } from './generations.js'
import type { Log } from './log.js'
import { bootFailure, obituary } from './obituary.js'
import type { Reloading } from './reloading.js'
import type { Shutdown } from './shutdown.js'
import type { WorkerHandle } from './worker-handle.js'

export interface CasualtiesParts {
  log: Log
  crew: Crew
  generations: Generations
  reloading: Reloading
  shutdown: Shutdown
  announcer: Announcer
}

/** What the end of a worker means for the server. */
export class Casualties {
  readonly #parts: CasualtiesParts

  constructor(parts: CasualtiesParts) {
    this.#parts = parts
  }

  /** @param everServed a server of which no worker ever came up cannot go on; later the others serve. */
  gone(worker: WorkerHandle, everServed: boolean): void {
    const { log, crew, generations, reloading, shutdown, announcer } = this.#parts
    const isExpected = worker.state === 'draining' || shutdown.isUnderWay
    announcer.gone(worker, isExpected)
    if (isExpected) {
      log.info(`Worker exiting (pid: ${worker.pid})`)
      return
    }
    const failure = worker.state === 'booting' ? bootFailure(worker) : null
    if (failure && !everServed) {
      shutdown.giveUp(failure)
      return
    }
    log.error(failure ? `Worker (pid:${worker.pid}) failed to boot: ${failure.message}` : obituary(worker))
    if (failure && reloading.isRolling && worker.generation === generations.current.number)
      reloading.abort(failure)
    else crew.died(failure ? 'boot' : 'crash', worker.readyAtMs)
  }
}
