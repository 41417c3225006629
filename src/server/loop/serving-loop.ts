import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { LoadedApp } from '../app/index.js'
import { monotonicMs } from '../clock.js'
import { createLog } from '../log.js'
import { descriptors } from '../native/descriptors.js'
import { slotsPerLoop, type ServerSettings } from '../settings.js'
import type { TlsMaterial } from '../tls-material.js'
import { AccessLog } from './access-log.js'
import type { Admission } from './admission.js'
import type { Arrival } from './arrival.js'
import type { Balance } from './balance.js'
import { ConnectionAdmission } from './connection-admission.js'
import { Connection } from './connection.js'
import { CELL, type LoopCounters } from './counters.js'
import { Exchange, type ExchangeAccount } from './exchange.js'
import { ForwardedHeaders } from './forwarded.js'
import { Gate } from './gate.js'
import { createHttpServer } from './http-server.js'
import { sendLonePieces } from './lone-piece.js'
import { LoopProbe } from './loop-probe.js'
import { parsePeers } from './peer-list.js'
import { proxyStage } from './proxy-stage.js'
import { RequestTimeouts } from './request-timeouts.js'
import { RequestAdmission } from './request-admission.js'
import { inTurn, type Stage } from './stage.js'
import type { Refusal } from './strict-http.js'
import { keepTickShape } from './tick-shape.js'
import { tlsStage } from './tls-stage.js'

const DRAIN_STEP_MS = 20
/**
 * While draining, a kept connection is closed only after this long without a request. A client who is about to
 * send one would otherwise lose it; the next answer tells him to reconnect.
 */
const DRAIN_IDLE_MS = 1000

export interface ServingLoopSpec {
  settings: ServerSettings
  /** Inherited descriptors, one per address; the loop owns them. */
  listenFds: number[]
  app: LoadedApp
  counters: LoopCounters
  /** `null` serves plain HTTP. */
  tls: TlsMaterial | null
  /** `null` where loops cannot know of each other. */
  balance: Balance | null
}

/** One event loop that serves: its gate, its admission, its copy of the app. */
export class ServingLoop {
  readonly #settings: ServerSettings
  readonly #app: LoadedApp
  readonly #counters: LoopCounters
  readonly #connections = new Set<Connection>()
  readonly #gate: Gate
  readonly #admission: Admission
  readonly #balance: Balance | null
  readonly #server: Server
  readonly #timeouts: RequestTimeouts
  readonly #accessLog: AccessLog | null
  readonly #native = descriptors()
  readonly #intake: Stage
  readonly #forwarded: ForwardedHeaders
  readonly #trusts = (accepted: Socket) => this.#forwarded.trusts(accepted)
  readonly #account: ExchangeAccount = {
    begun: (exchange, waitedMs) => {
      this.#counters.waited(waitedMs)
      // Before the app gets it: while it blocks the loop nothing is published, and its slot would look free.
      if (this.#admission.isPerRequest) this.#publish()
      if (this.#timeouts.areOn) this.#timeouts.start(exchange)
    },
    answered: (exchange) => {
      this.#timeouts.end(exchange)
      this.#admission.finished(exchange)
      if (this.#admission.isPerRequest) this.#publish()
    },
    over: ({ connection, arrival: { request, response, socket }, entry }, complete) => {
      connection.answerSent(request)
      connection.requestEnded()
      if (!connection.isGone) this.#begun(-1)
      this.#counters.add(complete ? CELL.requests : CELL.aborted)
      if (entry && response) this.#accessLog?.end(entry, response, socket, complete)
    },
  }
  /** Requests that have begun on connections that are open, and are not over. */
  #onConnections = 0
  #removalExplained = false
  #draining = false
  #emptyBacklogUntilMs = 0

  constructor({ settings, listenFds, app, counters, tls, balance }: ServingLoopSpec) {
    this.#settings = settings
    this.#app = app
    this.#counters = counters
    this.#intake = this.#stages(tls)
    this.#forwarded = new ForwardedHeaders(settings, this.#explainRemoval)
    this.#gate = new Gate({
      fds: listenFds,
      backlog: settings.backlog,
      native: this.#native,
      onConnection: (socket) => this.#connected(socket),
    })
    this.#balance = balance
    this.#admission = admissionFor(settings, this.#gate, balance)
    this.#server = createHttpServer(
      {
        judge: (request) => this.#forwarded.apply(request, this.#comesFromTrusted),
        onRequest: (arrival) => this.#requested(arrival),
        onRefused: (refusal, socket, request) => this.#refused(refusal, socket, request),
        onEnd: settings.workerClass === 'sync' ? (socket) => Connection.of(socket)?.holdBack() : null,
        mustClose: () => this.#draining || this.#admission.mustClose(),
      },
      { ...settings, holdBodies: settings.workerClass !== 'async' },
    )
    this.#timeouts = new RequestTimeouts(settings.requestTimeoutSeconds, settings.logLevel, () => {
      this.#counters.add(CELL.timedOut)
    })
    const { accessLog, accessLogFormat } = settings
    this.#accessLog = accessLog === null ? null : new AccessLog(accessLog, accessLogFormat)
    app.attach(this.#server)
    // The app may bring a server of its own with settings; the number of header fields stays the gate's matter.
    this.#server.maxHeadersCount = 0
    this.#keepBeating()
  }

  /** Accepts clients from now on. */
  start(): void {
    this.#admission.start()
  }

  /**
   * Accepts nobody any more, finishes what is under way, closes idle connections, and resolves.
   * With `emptyBacklog` those who wait in the kernel's queue are served first, for half the graceful timeout
   * at most: they believe they are connected, and nobody else will come for them.
   */
  async drain(emptyBacklog: boolean): Promise<void> {
    this.#draining = true
    this.#admission.leave()
    if (emptyBacklog)
      this.#emptyBacklogUntilMs = monotonicMs() + (this.#settings.gracefulTimeoutSeconds * 1000) / 2
    while (!this.#drained()) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS))
      // A timer that is late goes before what has come meanwhile: a request in the kernel's buffer would be answered with a reset.
      await new Promise((resolve) => setImmediate(resolve))
    }
    await this.#app.close()
    await this.#accessLog?.finish()
  }

  /** After a log rotation. */
  reopenLogs(): void {
    this.#accessLog?.reopen()
  }

  #drained(): boolean {
    const nowMs = monotonicMs()
    if (nowMs >= this.#emptyBacklogUntilMs || !this.#gate.hasWaiting()) this.#gate.close()
    for (const connection of this.#connections) {
      if (connection.idleForMs(performance.now()) >= DRAIN_IDLE_MS) connection.socket.destroy()
    }
    return this.#gate.isClosed && this.#connections.size === 0
  }

  /** A slot is taken from here on, whatever the connection goes through before HTTP. */
  #connected(accepted: Socket): void {
    const connection = new Connection(accepted, this.#native)
    this.#connections.add(connection)
    accepted.once('close', () => {
      this.#connections.delete(connection)
      connection.gone()
      // A response that waits in a pipeline for the one before it is never told that the client has gone.
      this.#begun(-connection.activeRequests)
      this.#admission.disconnected(connection)
      this.#publish()
    })
    this.#admission.connected(connection)
    this.#publish()
    this.#intake(accepted, (socket) => {
      connection.ready(socket, this.#trusts)
      sendLonePieces(socket)
      this.#server.emit('connection', socket)
    })
  }

  #stages(tls: TlsMaterial | null): Stage {
    const { proxyProtocol, proxyAllowIps } = this.#settings
    const onFailed = () => this.#counters.add(CELL.handshakesFailed)
    return inTurn([
      ...(proxyProtocol === 'off'
        ? []
        : [proxyStage({ version: proxyProtocol, allowed: parsePeers(proxyAllowIps), onRefused: onFailed })]),
      ...(tls === null ? [] : [tlsStage(this.#settings, tls, onFailed)]),
    ])
  }

  readonly #comesFromTrusted = ({ socket }: IncomingMessage): boolean =>
    Connection.of(socket)?.trusted ?? false

  /** Once: whoever runs a proxy that is not on the list sees why his app knows nothing of it. */
  readonly #explainRemoval = (peer: string): void => {
    if (this.#removalExplained) return
    this.#removalExplained = true
    createLog(this.#settings.logLevel).warning(
      `Took X-Forwarded-* headers out of a request from ${peer}. If that is your proxy, start with --forwarded-allow-ips ${peer}`,
    )
  }

  #requested(arrival: Arrival): void {
    const connection = Connection.of(arrival.socket)
    if (connection === undefined) return
    connection.activeRequests += 1
    const { isPerRequest } = this.#admission
    const exchange = new Exchange(connection, arrival, this.#account, isPerRequest || this.#timeouts.areOn)
    if (this.#accessLog !== null) {
      const { request, socket } = arrival
      exchange.entry = this.#accessLog.begin(request, socket, this.#clientOf(request, connection))
    }
    this.#begun(1)
    this.#admission.arrived(exchange)
  }

  #refused({ status }: Refusal, socket: Socket, request: IncomingMessage | null): void {
    this.#counters.add(CELL.refused)
    const connection = Connection.of(socket)
    const client = request && connection ? this.#clientOf(request, connection) : (socket.remoteAddress ?? '')
    this.#accessLog?.refused(request, client, status)
  }

  #clientOf(request: IncomingMessage, connection: Connection): string {
    const peer = connection.socket.remoteAddress ?? ''
    return connection.trusted ? this.#forwarded.clientAddress(request, peer) : peer
  }

  #publish(): void {
    this.#counters.set(CELL.busySlots, this.#admission.busySlots)
    this.#counters.set(CELL.connections, this.#connections.size)
    if (this.#admission.isPerRequest) this.#tellUnderWay(this.#admission.busySlots)
  }

  /** `async` gives every request to the app at once; elsewhere most of those on open connections may wait for their turn. */
  #begun(requests: number): void {
    this.#onConnections += requests
    if (!this.#admission.isPerRequest) this.#tellUnderWay(this.#onConnections)
  }

  #tellUnderWay(requests: number): void {
    this.#counters.set(CELL.underWay, requests)
    this.#balance?.tellUnderWay(requests)
  }

  #keepBeating(): void {
    const probe = new LoopProbe(this.#counters)
    setInterval(() => {
      this.#counters.turned()
      probe.publish()
      keepTickShape()
    }, beatIntervalMs(this.#settings))
  }
}

function admissionFor(settings: ServerSettings, gate: Gate, balance: Balance | null): Admission {
  if (settings.workerClass === 'async') return new ConnectionAdmission(gate, slotsPerLoop(settings), balance)
  return new RequestAdmission(gate, { keepAlive: settings.workerClass === 'threaded' })
}

/** Often enough that a missed beat or two on a busy machine is not taken for a blocked loop. */
export function beatIntervalMs(settings: ServerSettings): number {
  // A worker that is due after so many requests should not answer many more before it is noticed.
  const longestMs = settings.maxRequests > 0 ? 200 : 1000
  const timeoutMs = settings.timeoutSeconds * 1000
  return timeoutMs === 0 ? longestMs : Math.min(longestMs, timeoutMs / 5)
}
