import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { accessFormatter, type Access } from './access-format.js'
import { LineBuffer } from './line-buffer.js'
import { LineSink } from './line-sink.js'

/** Lines wait this long or until so many bytes are together: one write a request would cost more than the request. */
const FLUSH_MS = 100
const FLUSH_BYTES = 32 * 1024
/** For a reader who is behind, when the worker goes. */
const FINISH_MS = 1000
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
  readonly #lines = new LineBuffer()
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
    // An app may have put anything there.
    const { method, httpVersion }: { method?: unknown; httpVersion: unknown } = entry.request
    const { headers } = entry.request
    const { url, remoteAddress, startedAt } = entry
    this.#add({
      method: String(method),
      url,
      httpVersion: String(httpVersion),
      headers,
      response,
      remoteAddress,
      startedAt,
      status: answered || response.headersSent ? response.statusCode : CLIENT_GONE,
      sentBytes: sent > 0 ? sent : 0,
      tookMs: performance.now() - entry.startedAtMs,
    })
  }

  /** A request that the server itself turned away. What could not be read as a request is shown as `-`. */
  refused(request: IncomingMessage | null, remoteAddress: string, status: number): void {
    this.#add({
      method: request?.method ?? '-',
      url: request?.url ?? '-',
      httpVersion: request?.httpVersion ?? '-',
      headers: request?.headers ?? {},
      response: null,
      ...{ status, remoteAddress },
      startedAt: Date.now(),
      tookMs: 0,
      sentBytes: 0,
    })
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
    this.#sink.write(this.#lines.take())
  }

  #add(access: Access): void {
    const { length } = this.#lines
    try {
      this.#format(access, this.#lines)
    } catch (error) {
      // An app may put anything into a request. Half a line would be glued to the next one.
      this.#lines.cutTo(length)
      throw error
    }
    // As long as the loop computes, no timer goes off.
    if (this.#lines.length >= FLUSH_BYTES) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS)
  }
}

/** As `bytesWritten`, which copies the list of pending writes each time it is asked; when a response is over there are none. */
function sentOn(socket: Socket): number {
  const { _bytesDispatched: sent } = socket as unknown as { _bytesDispatched?: number }
  return sent ?? socket.bytesWritten
}
