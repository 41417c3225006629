import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { accessFormatter } from './access-format.js'
import { LineSink } from './line-sink.js'

/** Lines wait this long or until so many bytes are together: one write a request would cost more than the request. */
const FLUSH_MS = 100
const FLUSH_BYTES = 32 * 1024
/** For a reader who is behind, when the worker goes. */
const FINISH_MS = 1000
/** In UTF-8 a character of a JavaScript string takes three bytes at most. */
const MOST_BYTES_PER_CHARACTER = 3
/** nginx's number for a client who did not wait. */
const CLIENT_GONE = 499

/** A request under way. */
export interface Entry {
  request: IncomingMessage
  remoteAddress: string
  url: string
  startedAt: number
  startedAtMs: number
  sentBefore: number
}

/**
 * One loop's access log. All loops append to one file; each write holds whole lines, so lines stay whole. What a killed
 * worker had not written yet, 100 ms at most, is lost.
 */
export class AccessLog {
  readonly #sink: LineSink
  readonly #format: ReturnType<typeof accessFormatter>
  /** Bytes and not strings: thousands of them that live until the next flush are work for the garbage collector. */
  readonly #lines = Buffer.allocUnsafeSlow(FLUSH_BYTES)
  #length = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param target a path, or `-` for stdout.
   * @throws {ServerError} exit 2, when the file cannot be opened.
   */
  constructor(target: string, format: string) {
    this.#sink = new LineSink(target)
    this.#format = accessFormatter(format)
  }

  /** Called when a request arrives; give the answer to `end`. */
  begin(request: IncomingMessage, socket: Socket, remoteAddress: string): Entry {
    return {
      request,
      remoteAddress,
      url: request.url ?? '',
      startedAt: Date.now(),
      startedAtMs: performance.now(),
      sentBefore: sentOn(socket),
    }
  }

  /** @param answered false when the client went before the answer was complete. */
  end(entry: Entry, response: ServerResponse, socket: Socket, answered: boolean): void {
    const { _header: head } = response as unknown as { _header: string | null }
    const sent = sentOn(socket) - entry.sentBefore - (head?.length ?? 0)
    const { method = '', httpVersion, headers } = entry.request
    const { url, remoteAddress, startedAt } = entry
    this.#add(
      this.#format({
        method,
        url,
        httpVersion,
        headers,
        response,
        remoteAddress,
        startedAt,
        status: answered || response.headersSent ? response.statusCode : CLIENT_GONE,
        sentBytes: sent > 0 ? sent : 0,
        tookMs: performance.now() - entry.startedAtMs,
      }),
    )
  }

  /** A request that the server itself turned away. What could not be read as a request is shown as `-`. */
  refused(request: IncomingMessage | null, remoteAddress: string, status: number): void {
    this.#add(
      this.#format({
        method: request?.method ?? '-',
        url: request?.url ?? '-',
        httpVersion: request?.httpVersion ?? '-',
        headers: request?.headers ?? {},
        response: null,
        ...{ status, remoteAddress },
        startedAt: Date.now(),
        tookMs: 0,
        sentBytes: 0,
      }),
    )
  }

  /** After the file was moved away. */
  reopen(): void {
    this.#flush()
    this.#sink.reopen()
  }

  /** The last lines, before the process ends. */
  async finish(): Promise<void> {
    this.#flush()
    await this.#sink.emptied(FINISH_MS)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const length = this.#length
    this.#length = 0
    this.#sink.write(this.#lines.subarray(0, length))
  }

  #add(line: string): void {
    const most = line.length * MOST_BYTES_PER_CHARACTER
    if (this.#length + most > FLUSH_BYTES) this.#flush()
    if (most > FLUSH_BYTES) {
      this.#sink.write(Buffer.from(line))
      return
    }
    this.#length += this.#lines.write(line, this.#length)
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS)
  }
}

/** As `bytesWritten`, which copies the list of pending writes each time it is asked; when a response is over there are none. */
function sentOn(socket: Socket): number {
  const { _bytesDispatched: sent } = socket as unknown as { _bytesDispatched?: number }
  return sent ?? socket.bytesWritten
}
