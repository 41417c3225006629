import { lchownSync } from 'node:fs'
import { adoptListener } from './adopt-listener.js'
import { describeAddress, parseListen, type BindAddress } from './bind.js'
import type { Controlled } from './control/control-protocol.js'
import { openControlSocket, type ControlSocket } from './control/control-socket.js'
import { openMetrics, type MetricsServer } from './control/metrics-server.js'
import { ownerOf, resolveIdentity, type Identity } from './identity.js'
import { withInherited, type Inherited } from './inherited.js'
import { openListener, type Listener } from './listener.js'
import { BoardSeats } from './load-board.js'
import type { Log } from './log.js'
import { descriptors } from './native/descriptors.js'
import { sockets } from './native/sockets.js'
import { removePidfileOf, writePidfile, type Pidfile } from './pidfile.js'
import type { ServerSettings } from './settings.js'
import { startWarnings } from './start-warnings.js'
import { tlsWarning, type TlsMaterial } from './tls-material.js'

/** What the arbiter holds besides processes: sockets and files. Whatever was opened is closed again, however far it came. */
export class Resources {
  readonly #log: Log
  readonly #inherited: Inherited
  #identity: Identity | null = null
  readonly #listeners: (Listener & { bind: string })[] = []
  #pidfile: Pidfile | null = null
  #control: ControlSocket | null = null
  #metrics: MetricsServer | null = null
  #seats: BoardSeats | null = null
  /** Read again by a reload. */
  #tls: TlsMaterial | null = null

  constructor(log: Log, inherited: Inherited) {
    this.#log = log
    this.#inherited = inherited
  }

  /** Whom the workers run as. */
  get identity(): Identity | null {
    return this.#identity
  }

  /** Each with the text of the setting that it was opened for. */
  get listeners(): readonly (Listener & { bind: string })[] {
    return this.#listeners
  }

  get addresses(): BindAddress[] {
    return this.#listeners.map(({ address }) => address)
  }

  get tls(): TlsMaterial | null {
    return this.#tls
  }

  /** Where the loops of a new worker sit on the load board; `null` where there is none. */
  get seats(): BoardSeats | null {
    return this.#seats
  }

  /** Workers that are started from now on have this certificate. */
  useTls(material: TlsMaterial | null): void {
    this.#tls = material
    const warning = material && tlsWarning(material, Date.now())
    if (warning) this.#log.warning(warning)
  }

  describe(address: BindAddress): string {
    return describeAddress(address, this.#tls ? 'https' : 'http')
  }

  /**
   * Finds out who the workers are, and takes the pidfile. While the predecessor of an upgrade is there, the file
   * is its own, and this process is in `<pidfile>.2`.
   *
   * @throws {ServerError} exit 2.
   */
  claim({ user, group, umask, pidfile }: ServerSettings): void {
    this.#identity = resolveIdentity(user, group)
    if (umask !== null) process.umask(umask)
    const isSecond = this.#inherited.predecessorPid !== null
    if (pidfile !== null) this.#pidfile = writePidfile(isSecond ? `${pidfile}.2` : pidfile)
  }

  /** @throws {ServerError} exit 2, when an address is taken or cannot be used. */
  async open(settings: ServerSettings, server: Controlled): Promise<void> {
    const isSecond = this.#inherited.predecessorPid !== null
    if (!isSecond) await this.#openSideDoors(settings, server)
    this.#seats = BoardSeats.open()
    const native = descriptors()
    for (const { bind, fd } of withInherited(settings.bind, this.#inherited)) {
      this.#listeners.push({ bind, ...(await this.#openListener(bind, fd, settings.backlog)) })
    }
    const places = this.addresses.map((address) => this.describe(address)).join(', ')
    const whence = this.#inherited.activated && !isSecond ? ', with the sockets of the supervisor' : ''
    this.#log.info(`Listening at: ${places} (${process.pid})${whence}`)
    this.#log.info(`Using worker: ${settings.workerClass}`)
    for (const warning of startWarnings(settings, this.addresses)) this.#log.warning(warning)
    if (native === null) {
      this.#log.warning(
        'Running without admission: koffi could not be loaded, so workers cannot stop accepting',
      )
    }
  }

  /** The predecessor is gone: its pidfile is replaced, so that it goes when this arbiter does. */
  takePidfile({ pidfile }: ServerSettings): void {
    try {
      if (pidfile !== null) this.#pidfile?.moveTo(pidfile)
    } catch (error) {
      this.#log.critical(error instanceof Error ? error.message : String(error))
    }
  }

  /** The successor is gone. One that was killed left its file. */
  forgetSuccessor(pid: number | null, { pidfile }: ServerSettings): void {
    if (pid !== null && pidfile !== null) removePidfileOf(pid, `${pidfile}.2`)
  }

  /** The predecessor is gone: what was its own is free now. What cannot be opened is said, and the server serves. */
  async promote(settings: ServerSettings, server: Controlled): Promise<void> {
    try {
      await this.#openSideDoors(settings, server)
    } catch (error) {
      this.#log.critical(error instanceof Error ? error.message : String(error))
    }
  }

  /** The workers' own copies keep the sockets open until each of them has emptied the queue. */
  closeListeners(): void {
    for (const listener of this.#listeners) listener.close()
  }

  /**
   * @param options.keepSockets another arbiter goes on with the unix sockets.
   * @param options.keepPidfile a successor will put its own in place of it, so that there always is one.
   */
  close(options: { keepSockets: boolean; keepPidfile: boolean }): void {
    for (const listener of this.#listeners) {
      listener.close()
      if (!options.keepSockets) listener.remove()
    }
    if (!options.keepPidfile) this.#pidfile?.remove()
    this.#control?.close()
    this.#metrics?.close()
    this.#seats?.close()
  }

  async #openSideDoors(settings: ServerSettings, server: Controlled): Promise<void> {
    const { controlSocket, controlSocketMode, metricsBind } = settings
    if (controlSocket !== null)
      this.#control = await openControlSocket(controlSocket, controlSocketMode, server)
    if (metricsBind === null) return
    this.#metrics = await openMetrics(metricsBind, () => server.stats())
    this.#log.info(`Metrics at: ${this.#metrics.address}/metrics`)
  }

  async #openListener(bind: string, fd: number | null, backlog: number): Promise<Listener> {
    const native = descriptors()
    const more = sockets()
    const both = native && more ? { ...native, ...more } : null
    if (fd !== null)
      return adoptListener(fd, both, { ours: !this.#inherited.activated && !bind.startsWith('fd:') })
    const wanted = parseListen(bind)
    if ('fd' in wanted) return adoptListener(wanted.fd, both, { ours: false })
    const listener = await openListener(wanted, backlog, native)
    // The proxy in front is in the group of the app, seldom in that of root.
    if ('socketPath' in wanted && this.#identity !== null)
      lchownSync(wanted.socketPath, ...ownerOf(this.#identity))
    return listener
  }
}
