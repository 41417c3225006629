import HttpClient from 'autocannon/lib/httpClient.js'
import { answerCheck } from './answer-check.js'
import { monotonicMs } from '../result/monotonic-clock.js'
import type { Expectation } from '../result/request.js'
import { qualityOfStatus, type Failure, type Quality } from './window-account.js'

/** Who is told what happens on the connections. Times are `monotonicMs`; `route` is the index of the request in its mix. */
export interface LoadObserver {
  connecting(): void
  /** So many milliseconds after `connecting`. */
  connected(tookMs: number): void
  began(startMs: number, route: number): void
  answered(startMs: number, endMs: number, status: number, quality: Quality, route: number): void
  failed(startMs: number, endMs: number, failure: Failure, message: string, route: number): void
}

/** What the connections send. */
export interface Sending {
  timeoutMs: number
  /** From now on: not all of them come at the same moment. */
  openAfterMs: number
  routes: readonly { method: string; expect?: Expectation | undefined }[]
  /** Draws the next request. */
  next: () => number
}

/** One connection of the generator, seen from outside. */
export interface Connection {
  /** Start of the request under way, `null` between requests. */
  readonly underWaySinceMs: number | null
  /** Index of the request under way. */
  readonly route: number
  /** Attempts without an answer since the last answer. Timeouts do not count: they burn nothing. */
  readonly failuresInRow: number
  /** Sends nothing more. What is under way is still answered. */
  halt(): void
}

const NONE = -1
const LONGEST_BACK_OFF_MS = 250
const TIMER_SLACK_MS = 2

/** The first new attempt is immediate, as any client's would be; after that a dead server must not cost a core. */
export function backOffMs(failuresInRow: number): number {
  return failuresInRow < 2 ? 0 : Math.min(LONGEST_BACK_OFF_MS, 10 * 2 ** (failuresInRow - 2))
}

/**
 * Makes one client of the engine usable for measuring. Called from `setupClient`, before the client connects.
 *
 * autocannon 9 takes for granted that a server keeps its connections open. When one does not, it writes the next request
 * to the closing socket and matches answers with the wrong requests (a 5 ms service then reads 726 ms), takes a dropped
 * request for one that is still under way, reads a new answer with a parser that is half way through an old one, and
 * reconnects to a refusing port in a loop that takes a whole core. Here the connection is replaced as soon as the answer
 * says that it will close, each connection starts with an empty queue and a fresh parser, every request that ends without an
 * answer is reported, and failures back off. Bodies that end with the connection, answers to HEAD and interim (1xx)
 * answers are read as HTTP defines them.
 *
 * The clock of a request starts when the client turns to it, so connecting is part of the latency whenever a connection had to be
 * opened for it. That is what a user of such a server waits for. What this process does for its other connections first is in no latency;
 * the validity check of Little's law shows how much it is.
 */
export function repairConnection(
  client: HttpClient,
  { timeoutMs, openAfterMs, routes, next }: Sending,
  observer: LoadObserver,
): Connection {
  const engine = HttpClient.prototype
  const checks = routes.map(({ expect }) => answerCheck(expect))
  const iterator = client.requestIterator
  let route = 0
  let headOnly = false
  let startMs = NONE
  let connectStartMs = NONE
  let failuresInRow = 0
  let hasOpened = false
  let closing = false
  let halted = false
  let failure: string | null = null
  let retry: NodeJS.Timeout | undefined
  let parserReady = false
  let retired: HttpClient['conn']

  client.timeout = timeoutMs
  // Nobody keeps the bodies; decoding and joining them would be a good part of the generator's work.
  client.pipelinedRequests.addBody = checks.some(({ readsBody }) => readsBody)
    ? (chunk) => checks[route]?.part(chunk)
    : () => undefined
  // Chosen in `_doRequest`, for the first request of a connection as for all others.
  iterator.nextRequest = () => iterator.currentRequest

  client.on('response', (status: number) => {
    const endMs = monotonicMs()
    const beganMs = startMs
    startMs = NONE
    failuresInRow = 0
    observer.answered(beganMs, endMs, status, qualityOf(status), route)
  })
  // The engine emits this before it calls `_connect`, so the reason is known there.
  client.on('connError', (error: Error) => {
    failure = error.message
  })
  client.on('done', () => {
    clearTimeout(retry)
    closeRetired()
  })

  client._doRequest = () => {
    if (halted) return
    if (closing) {
      closing = false
      detach()
      setImmediate(reconnect)
      return
    }
    startMs = connectStartMs === NONE ? monotonicMs() : connectStartMs
    connectStartMs = NONE
    route = next()
    headOnly = routes[route]?.method === 'HEAD'
    iterator.currentRequest = iterator.requests[route]
    observer.began(startMs, route)
    engine._doRequest.call(client)
  }

  // The engine comes here first, and after every end of a connection: FIN, error, timeout, or our own reset.
  client._connect = () => {
    if (startMs !== NONE && !endUnanswered()) return
    if (halted) return
    // An old socket left alive could still report an error later, and the engine would then connect twice.
    client._destroyConnection()
    clearTimeout(retry)
    const waitMs = hasOpened ? backOffMs(failuresInRow) : openAfterMs
    if (waitMs === 0) open()
    else retry = setTimeout(open, waitMs)
  }

  // Ended before it was opened, it has nothing to destroy.
  client._destroyConnection = () => {
    if (client.conn) engine._destroyConnection.call(client)
  }

  function open(): void {
    hasOpened = true
    closing = false
    failure = null
    if (!parserReady) prepareParser()
    client.parser.reinitialize(client.parser.constructor.RESPONSE)
    observer.connecting()
    const openedAtMs = monotonicMs()
    connectStartMs = openedAtMs
    engine._connect.call(client)
    client.conn?.once('connect', () => {
      observer.connected(monotonicMs() - openedAtMs)
      if (retired !== undefined) setImmediate(closeRetired)
    })
  }

  /** Lets go of a connection that the server closes: what still happens to it is nobody's business. */
  function detach(): void {
    const { conn } = client
    if (!conn) return
    conn.removeAllListeners('error').removeAllListeners('end').removeAllListeners('data')
    conn.on('error', () => undefined)
    // Else Node answers the FIN with a shutdown and a close of its own, in the tick in which the successor connects.
    conn.allowHalfOpen = true
  }

  /**
   * Where a server answers many clients at the same moment, all the answers are read first (hence `setImmediate`), then all connect,
   * then all old connections are closed: else each client would wait for what is done for the others.
   */
  function reconnect(): void {
    if (client.destroyed || halted) return
    closeRetired()
    retired = client.conn
    client.conn = undefined
    client.pipelinedRequests.clear()
    client._connect()
  }

  function closeRetired(): void {
    retired?.destroy()
    retired = undefined
  }

  /** Reports the request under way as failed. False: the end of the connection was the end of its answer. */
  function endUnanswered(): boolean {
    const endMs = monotonicMs()
    const beganMs = startMs
    let kind: Failure = 'error'
    if (failure === null) {
      kind = endMs - startMs >= timeoutMs - TIMER_SLACK_MS ? 'timeout' : 'lost'
      if (kind === 'lost') {
        client.parser.finish()
        // Then the answer was complete: it has been reported, and the next connection is on its way.
        if (startMs !== beganMs) return false
      }
    }
    startMs = NONE
    if (kind !== 'timeout') failuresInRow++
    checks[route]?.reset()
    observer.failed(beganMs, endMs, kind, failure ?? MESSAGES[kind], route)
    return true
  }

  function qualityOf(status: number): Quality {
    const good = checks[route]?.end(status) ?? true
    if (routes[route]?.expect !== undefined) return good ? 'good' : 'unexpected'
    return qualityOfStatus(status)
  }

  /** The engine sets its handlers after `setupClient`, so this waits for the first connection. */
  function prepareParser(): void {
    parserReady = true
    const { parser } = client
    const { kOnHeadersComplete, kOnMessageComplete } = parser.constructor
    const onHeaders = parser[kOnHeadersComplete]
    const onMessage = parser[kOnMessageComplete]
    const execute = parser.execute.bind(parser)
    if (!onHeaders || !onMessage) throw new Error('autocannon sets no handlers on its parser')
    let interim = false

    parser[kOnHeadersComplete] = (head) => {
      interim = head.statusCode < 200 && head.statusCode !== 101
      if (interim) return undefined
      onHeaders(head)
      closing = headOnly ? saysClose(head.headers) : !head.shouldKeepAlive
      return headOnly
    }
    parser[kOnMessageComplete] = (head) => {
      // An answer that nobody asked for has no request to be matched with.
      if (!interim && startMs !== NONE) onMessage(head)
    }
    parser.execute = (chunk) => {
      const result = execute(chunk)
      if (result instanceof Error && startMs !== NONE) {
        failure = `the answer is not valid HTTP/1.1 (${result.message})`
        client._resetConnection()
      }
      return result
    }
  }

  return {
    get underWaySinceMs() {
      return startMs === NONE ? null : startMs
    },
    get route() {
      return route
    },
    get failuresInRow() {
      return failuresInRow
    },
    halt() {
      halted = true
      clearTimeout(retry)
    },
  }
}

const MESSAGES: Record<Failure, string> = {
  error: 'connection failed',
  timeout: 'request timed out',
  lost: 'connection closed before the answer was complete',
}

/** The parser takes the missing body of an answer to HEAD for one that ends with the connection. */
function saysClose(headers: string[]): boolean {
  return headers.some(
    (value, index) =>
      index % 2 === 1 && headers[index - 1]?.toLowerCase() === 'connection' && /close/i.test(value),
  )
}
