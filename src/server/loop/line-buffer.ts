/** Twice a write to the log, so that it need not grow for the line that is on its way when that is due. */
const FIRST_BYTES = 64 * 1024
/** In UTF-8 a character of a JavaScript string takes three bytes at most. */
const MOST_BYTES_PER_CHARACTER = 3
const ASCII = 0x80
const BLANK = 0x20
const DELETE = 0x7f
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Lines in UTF-8, until they are written. Bytes and not strings: thousands of those that live until the next write are work for the garbage
 * collector. Character by character, since most pieces are short: to join them, to search the line for what is not safe and to encode it
 * costs three passes and two calls out of JavaScript, a third of what the log costs.
 */
export class LineBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Appends it as it is. */
  text(text: string): void {
    this.#makeRoom(text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code >= ASCII) {
        // A character may be two code units.
        at += bytes.write(text.slice(index), at)
        break
      }
      bytes[at] = code
      at += 1
    }
    this.#length = at
  }

  /** Appends what a client sent: he must not be able to write lines of his own, or to end a quoted part. */
  safe(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      if (isUnsafe(text.charCodeAt(index))) {
        this.text(escaped(text))
        return
      }
    }
    this.text(text)
  }

  /** The lines so far; they are overwritten from the next one on. */
  take(): Buffer {
    const lines = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    // No client shall make it large for good.
    if (this.#bytes.length > FIRST_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    return lines
  }

  /** Takes back what was appended behind this length. */
  cutTo(length: number): void {
    this.#length = length
  }

  #makeRoom(characters: number): void {
    const needed = this.#length + characters * MOST_BYTES_PER_CHARACTER
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * needed)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

function isUnsafe(code: number): boolean {
  return code < BLANK || code === QUOTE || code === BACKSLASH || code === DELETE
}

function escaped(text: string): string {
  let safe = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    safe += isUnsafe(code) ? `\\x${code.toString(16).padStart(2, '0')}` : character
  }
  return safe
}
