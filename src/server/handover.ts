import { isatty } from 'node:tty'
import type { Controlled } from './control/control-protocol.js'
import type { Crew } from './crew.js'
import type { Inherited } from './inherited.js'
import type { Log } from './log.js'
import type { Resources } from './resources.js'
import type { Shutdown } from './shutdown.js'
import type { Succession } from './succession.js'
import type { Supervisor } from './supervisor.js'

export interface HandoverParts {
  log: Log
  crew: Crew
  resources: Resources
  succession: Succession
  supervisor: Supervisor
  shutdown: Shutdown
  inherited: Inherited
  /** What the control socket acts on. */
  server: Controlled
}

/** An upgrade in place, step by step, from both sides: the old server that begins it, and the new one that is left in the end. */
export class Handover {
  readonly #parts: HandoverParts

  constructor(parts: HandoverParts) {
    this.#parts = parts
  }

  begin(): void {
    const { log, resources, succession, shutdown, inherited } = this.#parts
    if (shutdown.isUnderWay) log.warning('No upgrade: this server is going down')
    else succession.begin(resources.listeners, inherited.activated)
  }

  /** The workers go, the arbiter and its sockets stay: the new server has the clients to itself. */
  rest(): void {
    const { log, crew, shutdown } = this.#parts
    // A terminal sends this signal when its window changes.
    if ([0, 1, 2].some((fd) => isatty(fd)) || shutdown.isUnderWay) return
    log.warning('The workers go; HUP or TTIN brings them back')
    crew.rest()
  }

  /** The new server is gone, and nobody would serve otherwise. */
  backedOut(successorPid: number | null): void {
    const { crew, resources, server } = this.#parts
    resources.forgetSuccessor(successorPid, server.settings)
    crew.resume()
  }

  /** @param isServing whether the supervisor may be told that this is the server from now on. */
  async noticePromotion(isServing: boolean): Promise<void> {
    const { log, resources, succession, supervisor, shutdown, server } = this.#parts
    if (!succession.noticePromotion()) return
    log.info('The old server is gone; this one is the server')
    resources.takePidfile(server.settings)
    if (shutdown.isUnderWay) return
    // Awaited, so that what is opened here is there to be closed when the next event is a stop.
    await resources.promote(server.settings, server)
    if (isServing) supervisor.ready('Upgraded')
  }
}
