import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../clock.js'
import { SERVER_EXIT, ServerError } from '../errors.js'

const STDOUT = 1
/** A named pipe without a reader is an error then, and not a wait for ever. To files it means nothing. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
/** A pipe takes so many bytes as a whole or not at all (PIPE_BUF); of more, other workers' lines may come between. */
const PIPE_BYTES = 4096
/** Kept for a reader who is behind. More would be a leak. */
const MOST_KEPT_BYTES = 1024 * 1024
const RETRY_MS = 50
const NEWLINE = 0x0a

/**
 * Where the lines of one event loop go. Nobody waits for it: a pipe that is full for a moment is tried again, and what a reader who stays
 * behind does not take is lost, whole lines at a time, and said.
 */
export class LineSink {
  readonly #target: string
  #fd: number
  #isPipe: boolean
  /** What the pipe did not take yet. */
  #kept: Buffer[] = []
  #keptBytes = 0
  #lostLines = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * @param target a path, or `-` for stdout.
   * @throws {ServerError} exit 2, when the file cannot be opened.
   */
  constructor(target: string) {
    this.#target = target
    try {
      this.#fd = this.#open()
    } catch (error) {
      throw cannotOpen(error)
    }
    this.#isPipe = fstatSync(this.#fd).isFIFO()
  }

  /** @param lines whole ones; the buffer may be used again afterwards. */
  write(lines: Buffer): void {
    if (lines.length === 0) return
    if (this.#kept.length > 0) this.#keep(lines)
    else if (this.#writeFrom(lines) === 'written') this.#tellLost()
  }

  /** After the file was moved away. Where no new one may be made, the old one is better than an end of the service. */
  reopen(): void {
    const old = this.#fd
    try {
      this.#fd = this.#open()
    } catch (error) {
      console.error(`${cannotOpen(error).message}; going on in the old file`)
      return
    }
    this.#isPipe = fstatSync(this.#fd).isFIFO()
    if (old !== STDOUT) closeSync(old)
  }

  /** Resolves when nothing waits to be written any more, or after so long. */
  async emptied(limitMs: number): Promise<void> {
    const untilMs = monotonicMs() + limitMs
    while (this.#kept.length > 0 && monotonicMs() < untilMs) await sleep(RETRY_MS)
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const lines of this.#kept.splice(0)) this.#lostLines += linesIn(lines)
    this.#keptBytes = 0
    this.#tellLost()
  }

  #writeFrom(lines: Buffer): 'written' | 'kept' | 'lost' {
    let done = 0
    try {
      while (done < lines.length) done += writeSync(this.#fd, lines, done, this.#pieceBytes(lines, done))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      // A full disk or a closed pipe must not end the service.
      if (code !== 'EAGAIN') {
        this.#lose(lines.subarray(done), `The access log cannot be written, lines are lost: ${message}`)
        return 'lost'
      }
      this.#keep(lines.subarray(done))
      return 'kept'
    }
    return 'written'
  }

  /** As many whole lines as go into a pipe together; everything into a file. */
  #pieceBytes(lines: Buffer, from: number): number {
    const left = lines.length - from
    if (!this.#isPipe || left <= PIPE_BYTES) return left
    const end = lines.lastIndexOf(NEWLINE, from + PIPE_BYTES - 1) + 1
    if (end > from) return end - from
    return lines.indexOf(NEWLINE, from) + 1 - from || left
  }

  #keep(lines: Buffer): void {
    if (this.#keptBytes + lines.length > MOST_KEPT_BYTES) {
      this.#lose(lines, 'The access log is not read as fast as it is written: lines are lost')
    } else {
      this.#kept.push(Buffer.from(lines))
      this.#keptBytes += lines.length
    }
    this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS)
  }

  #retry(): void {
    this.#timer = undefined
    const waiting = this.#kept
    this.#kept = []
    this.#keptBytes = 0
    for (const [index, lines] of waiting.entries()) {
      const outcome = this.#writeFrom(lines)
      if (outcome === 'kept') {
        for (const later of waiting.slice(index + 1)) this.#keep(later)
        return
      }
      if (outcome === 'written' && index === waiting.length - 1) this.#tellLost()
    }
  }

  /** Says it once, and how many they were when that is over. */
  #lose(lines: Buffer, message: string): void {
    if (this.#lostLines === 0) console.error(message)
    this.#lostLines += linesIn(lines)
  }

  #tellLost(): void {
    if (this.#lostLines > 0) console.error(`${this.#lostLines} lines of the access log were lost`)
    this.#lostLines = 0
  }

  #open(): number {
    return this.#target === '-' ? STDOUT : openSync(this.#target, APPEND, 0o640)
  }
}

function linesIn(lines: Buffer): number {
  let count = 0
  for (const byte of lines) if (byte === NEWLINE) count += 1
  return count
}

function cannotOpen(error: unknown): ServerError {
  const why = error instanceof Error ? error.message : String(error)
  return new ServerError(`Cannot open the access log: ${why}`, {
    code: 'TUNE_E_ACCESS_LOG',
    exit: SERVER_EXIT.usage,
    suggestions: [
      'With --access-log, choose a file that the workers (--user) may write to, in a directory that exists',
    ],
  })
}
