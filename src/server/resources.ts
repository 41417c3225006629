import { describeAddress, parseBind, type BindAddress } from './bind.js'
import { openControlSocket, type ControlSocket } from './control/control-socket.js'
import type { Controlled } from './control/control-protocol.js'
import { openMetrics, type MetricsServer } from './control/metrics-server.js'
import { Generations } from './generations.js'
import { resolveIdentity, type Identity } from './identity.js'
import { openListener, type Listener } from './listener.js'
import { BoardSeats } from './load-board.js'
import type { Log } from './log.js'
import { descriptors } from './native/descriptors.js'
import { writePidfile, type Pidfile } from './pidfile.js'
import type { ServerSettings } from './settings.js'
import { startWarnings } from './start-warnings.js'
import { readTls, tlsWarning, type TlsMaterial } from './tls-material.js'

/** What the arbiter holds open for as long as it lives, and what it gives to new workers. */
export class Resources {
  readonly generations: Generations
  /** Replaced by a reload. */
  #settings: ServerSettings
  /** Read again by a reload. */
  #tls: TlsMaterial | null = null
  readonly #log: Log
  #identity: Identity | null = null
  #pidfile: Pidfile | null = null
  #listeners: Listener[] = []
  #control: ControlSocket | null = null
  #metrics: MetricsServer | null = null
  #seats: BoardSeats | null = null

  constructor(settings: ServerSettings, log: Log) {
    this.#settings = settings
    this.#log = log
    this.generations = new Generations(settings.app, settings.cwd)
  }

  /** The settings that hold for new workers. */
  get settings(): ServerSettings {
    return this.#settings
  }

  get tls(): TlsMaterial | null {
    return this.#tls
  }

  /** Whom the workers run as. */
  get identity(): Identity | null {
    return this.#identity
  }

  get addresses(): BindAddress[] {
    return this.#listeners.map(({ address }) => address)
  }

  get listenerFds(): number[] {
    return this.#listeners.map(({ fd }) => fd)
  }

  /** Where the loops of a new worker sit on the load board; `null` where there is none. */
  get seats(): BoardSeats | null {
    return this.#seats
  }

  /** @throws {ServerError} when something cannot be opened. `close` then gives back what was. */
  async open(server: Controlled): Promise<void> {
    const { bind, backlog, workerClass, user, group, umask, pidfile, controlSocket, metricsBind } =
      this.#settings
    this.#identity = resolveIdentity(user, group)
    this.generations.readableFor(this.#identity)
    if (umask !== null) process.umask(umask)
    if (pidfile !== null) this.#pidfile = writePidfile(pidfile)
    this.#useTls(readTls(this.#settings))
    await this.generations.add()
    if (controlSocket !== null) this.#control = await openControlSocket(controlSocket, server)
    if (metricsBind !== null) this.#metrics = await openMetrics(metricsBind, () => server.stats())
    if (this.#metrics) this.#log.info(`Metrics at: ${this.#metrics.address}/metrics`)
    this.#seats = BoardSeats.open()
    const native = descriptors()
    for (const text of bind) this.#listeners.push(await openListener(parseBind(text), backlog, native))
    const places = this.addresses.map((address) => this.describe(address)).join(', ')
    this.#log.info(`Listening at: ${places} (${process.pid})`)
    this.#log.info(`Using worker: ${workerClass}`)
    for (const warning of startWarnings(this.#settings)) this.#log.warning(warning)
    if (native === null) {
      this.#log.warning(
        'Running without admission: koffi could not be loaded, so workers cannot stop accepting',
      )
    }
  }

  /** Workers that are started from now on have these. */
  adopt(settings: ServerSettings, tls: TlsMaterial | null): void {
    this.#settings = settings
    this.#useTls(tls)
  }

  describe(address: BindAddress): string {
    return describeAddress(address, this.#tls ? 'https' : 'http')
  }

  /** The workers' own copies keep the sockets open until each of them has emptied the queue. */
  stopListening(): void {
    for (const listener of this.#listeners) listener.close()
  }

  close(): void {
    for (const listener of this.#listeners) {
      listener.close()
      listener.remove()
    }
    this.generations.dispose()
    this.#pidfile?.remove()
    this.#control?.close()
    this.#metrics?.close()
    this.#seats?.close()
  }

  #useTls(material: TlsMaterial | null): void {
    this.#tls = material
    const warning = material && tlsWarning(material, Date.now())
    if (warning) this.#log.warning(warning)
  }
}
