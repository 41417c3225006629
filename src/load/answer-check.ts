import type { Expectation } from '../result/request.js'

/** Looks at one answer after the other, as its parts arrive. */
export interface AnswerCheck {
  /** Whether bodies have to be looked at. */
  readonly readsBody: boolean
  part(chunk: Buffer): void
  /** Ends the answer: was it the expected one? */
  end(status: number): boolean
  /** Forgets an answer that was cut off. */
  reset(): void
}

const NOTHING_EXPECTED: AnswerCheck = {
  readsBody: false,
  part: () => undefined,
  end: () => true,
  reset: () => undefined,
}

/**
 * Compares without keeping the body: a whole one byte by byte against what was expected, a part of one within a window of its
 * own length. Bodies are compared as they come over the wire; one that is compressed is another one.
 */
export function answerCheck(expect: Expectation | undefined): AnswerCheck {
  if (expect === undefined) return NOTHING_EXPECTED
  const { status, bodyIncludes, bodyEquals } = expect
  const parts = [
    ...(bodyIncludes === undefined ? [] : [includes(Buffer.from(bodyIncludes))]),
    ...(bodyEquals === undefined ? [] : [equals(Buffer.from(bodyEquals))]),
  ]
  return {
    readsBody: parts.length > 0,
    part: (chunk) => parts.forEach((part) => part.add(chunk)),
    end(code) {
      const good = status === undefined ? code >= 200 && code <= 299 : status.includes(code)
      // All of them, so that each is ready for the next answer.
      return parts.map((part) => part.end()).every((found) => found) && good
    },
    reset: () => parts.forEach((part) => part.end()),
  }
}

interface BodyCheck {
  add(chunk: Buffer): void
  /** The finding, and ready for the next body. */
  end(): boolean
}

function equals(wanted: Buffer): BodyCheck {
  let length = 0
  let same = true
  return {
    add(chunk) {
      same &&= wanted.subarray(length, length + chunk.length).equals(chunk)
      length += chunk.length
    },
    end() {
      const found = same && length === wanted.length
      length = 0
      same = true
      return found
    },
  }
}

function includes(wanted: Buffer): BodyCheck {
  let tail = Buffer.alloc(0)
  let found = false
  return {
    add(chunk) {
      if (found) return
      const seen = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      found = seen.includes(wanted)
      // What may be the beginning of it, copied, because the socket's buffer is used again.
      tail = Buffer.from(seen.subarray(Math.max(0, seen.length - wanted.length + 1)))
    },
    end() {
      const result = found
      found = false
      tail = Buffer.alloc(0)
      return result
    },
  }
}
