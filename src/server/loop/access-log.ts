import { closeSync, openSync, writeSync } from 'node:fs'
import { monotonicMs } from '../clock.js'
import { accessFormatter } from './access-format.js'
import type { Arrival } from './http-server.js'

/** Lines wait this long or until so many bytes are together: one write a request would cost more than the request. */
const FLUSH_MS = 100
const FLUSH_BYTES = 32 * 1024
const STDOUT = 1

/**
 * One loop's access log. All loops append to one file; each write holds whole lines, so lines stay whole. What a killed
 * worker had not written yet, 100 ms at most, is lost.
 */
export class AccessLog {
  readonly #target: string
  readonly #format: ReturnType<typeof accessFormatter>
  #fd: number
  #lines = ''
  #timer: NodeJS.Timeout | undefined

  /** @param target a path, or `-` for stdout. */
  constructor(target: string, format: string) {
    this.#target = target
    this.#format = accessFormatter(format)
    this.#fd = this.#open()
  }

  /** Writes a line when the request is over. */
  watch(arrival: Arrival): void {
    const { request, response, socket } = arrival
    if (response === null) return
    const startedAtMs = monotonicMs()
    const startedAt = Date.now()
    const sentBefore = socket.bytesWritten
    const remoteAddress = socket.remoteAddress ?? ''
    arrival.onClosed((answered) => {
      const { _header: head } = response as unknown as { _header: string | null }
      const sent = socket.bytesWritten - sentBefore - (head?.length ?? 0)
      this.#add(
        this.#format({
          ...{ request, response, remoteAddress, startedAt, answered },
          sentBytes: Math.max(0, sent),
          tookMs: monotonicMs() - startedAtMs,
        }),
      )
    })
  }

  /** After the file was moved away. */
  reopen(): void {
    this.flush()
    const fresh = this.#open()
    if (this.#fd !== STDOUT) closeSync(this.#fd)
    this.#fd = fresh
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = Buffer.from(this.#lines)
    this.#lines = ''
    try {
      for (let done = 0; done < lines.length;) done += writeSync(this.#fd, lines, done)
    } catch {
      // A full disk or a closed pipe must not end the service; these lines are lost.
    }
  }

  #add(line: string): void {
    this.#lines += line
    if (this.#lines.length >= FLUSH_BYTES) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  #open(): number {
    return this.#target === '-' ? STDOUT : openSync(this.#target, 'a', 0o640)
  }
}
