import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LineBuffer } from './line-buffer.js'

/** One request that is over. */
export interface Access {
  method: string
  /** As it came; routers rewrite the request's own. */
  url: string
  httpVersion: string
  headers: IncomingMessage['headers']
  /** `null` when the server itself turned the request away. */
  response: Pick<ServerResponse, 'getHeader'> | null
  status: number
  remoteAddress: string
  /** Milliseconds since 1970. */
  startedAt: number
  tookMs: number
  /** Without the response's head; chunk sizes count. */
  sentBytes: number
}

/** Appends what it is for to the line. */
type Part = (access: Access, line: LineBuffer) => void
/** What a client has no say in: it is written as it is. */
type Plain = (access: Access) => string

/** Gunicorn's letters, as in `%(h)s`. */
const PLAIN: Record<string, Plain> = {
  h: ({ remoteAddress }) => remoteAddress || '-',
  l: () => '-',
  u: () => '-',
  t: ({ startedAt }) => commonTime(startedAt),
  H: ({ httpVersion }) => `HTTP/${httpVersion}`,
  s: ({ status }) => String(status),
  B: ({ sentBytes }) => String(sentBytes),
  b: ({ sentBytes }) => (sentBytes === 0 ? '-' : String(sentBytes)),
  T: ({ tookMs }) => String(Math.floor(tookMs / 1000)),
  M: ({ tookMs }) => String(Math.floor(tookMs)),
  D: ({ tookMs }) => String(Math.floor(tookMs * 1000)),
  L: ({ tookMs }) => (tookMs / 1000).toFixed(6),
  p: () => `<${process.pid}>`,
}
const OF_CLIENT: Record<string, Part> = {
  // Piece by piece: joined first, they would have to be copied together to be read.
  r: ({ method, url, httpVersion }, line) => {
    line.safe(method)
    line.text(' ')
    line.safe(url)
    line.text(' HTTP/')
    line.text(httpVersion)
  },
  m: ({ method }, line) => line.safe(method),
  U: ({ url }, line) => line.safe(url.split('?', 1)[0] ?? ''),
  q: ({ url }, line) => line.safe(url.split('?').slice(1).join('?')),
  f: ({ headers }, line) => field(headers.referer, line),
  a: ({ headers }, line) => field(headers['user-agent'], line),
}
const ATOM = /%\((?:([a-zA-Z])|\{([^}]+)\}([ioe]))\)s/g

/**
 * Makes the function that appends one line, its end included.
 *
 * @param format `json`, or a text with Gunicorn's atoms: `%(h)s`, `%({user-agent}i)s` and so on.
 * @throws {RangeError} naming an atom that does not exist.
 */
export function accessFormatter(format: string): Part {
  if (format === 'json') return jsonLine
  const parts: Part[] = []
  /** The text in front of each part. */
  const texts: string[] = []
  let end = 0
  for (const match of format.matchAll(ATOM)) {
    texts.push(literal(format.slice(end, match.index)))
    parts.push(partOf(match))
    end = match.index + match[0].length
  }
  const rest = `${literal(format.slice(end))}\n`
  if (/%\([^)]*\)/.test(format.replace(ATOM, '')))
    throw new RangeError(`unknown atom in ${JSON.stringify(format)}`)
  return (access, line) => {
    // A plain loop: this runs for every request.
    for (let index = 0; index < parts.length; index += 1) {
      line.text(texts[index] ?? '')
      parts[index]?.(access, line)
    }
    line.text(rest)
  }
}

/** A sign that begins no atom is doubled in Gunicorn's formats, and may be. */
function literal(text: string): string {
  return text.replaceAll('%%', '%')
}

function partOf([atom, letter = '', name = '', kind]: RegExpMatchArray): Part {
  const lower = name.toLowerCase()
  if (kind === 'i') return ({ headers }, line) => field(headers[lower], line)
  if (kind === 'o') return ({ response }, line) => field(response?.getHeader(lower), line)
  if (kind === 'e') return (_access, line) => field(process.env[name], line)
  const plain = PLAIN[letter]
  const part = plain === undefined ? OF_CLIENT[letter] : appending(plain)
  if (part === undefined) throw new RangeError(`unknown atom ${atom}`)
  return part
}

function appending(plain: Plain): Part {
  return (access, line) => line.text(plain(access))
}

function jsonLine(access: Access, line: LineBuffer): void {
  const { method, url, httpVersion, headers, status, remoteAddress, startedAt, tookMs, sentBytes } = access
  const fields = {
    time: new Date(startedAt).toISOString(),
    ...{ remoteAddress, method, url, httpVersion, status, sentBytes },
    tookMs: Math.round(tookMs * 1000) / 1000,
    referer: headers.referer,
    userAgent: headers['user-agent'],
    pid: process.pid,
  }
  line.text(`${JSON.stringify(fields)}\n`)
}

/** Of a header or variable, which may be absent. */
function field(value: number | string | string[] | undefined, line: LineBuffer): void {
  if (value === undefined) line.text('-')
  else line.safe(String(value))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let cachedSecond = -1
let cachedTime = ''

/** `[21/Nov/2026:03:55:00 +0000]`, in UTC; made once a second. */
function commonTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second === cachedSecond) return cachedTime
  const iso = new Date(at).toISOString()
  cachedSecond = second
  cachedTime = `[${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000]`
  return cachedTime
}
