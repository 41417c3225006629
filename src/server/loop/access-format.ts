import type { IncomingMessage, ServerResponse } from 'node:http'

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

type Part = (access: Access) => string

/** Gunicorn's letters, as in `%(h)s`. */
const ATOMS: Record<string, Part> = {
  h: ({ remoteAddress }) => remoteAddress || '-',
  l: () => '-',
  u: () => '-',
  t: ({ startedAt }) => `[${commonTime(startedAt)}]`,
  r: ({ method, url, httpVersion }) => safe(`${method} ${url} HTTP/${httpVersion}`),
  m: ({ method }) => safe(method),
  U: ({ url }) => safe(url.split('?', 1)[0] ?? ''),
  q: ({ url }) => safe(url.split('?').slice(1).join('?')),
  H: ({ httpVersion }) => `HTTP/${httpVersion}`,
  s: ({ status }) => String(status),
  B: ({ sentBytes }) => String(sentBytes),
  b: ({ sentBytes }) => (sentBytes === 0 ? '-' : String(sentBytes)),
  f: ({ headers }) => text(headers.referer),
  a: ({ headers }) => text(headers['user-agent']),
  T: ({ tookMs }) => String(Math.floor(tookMs / 1000)),
  M: ({ tookMs }) => String(Math.floor(tookMs)),
  D: ({ tookMs }) => String(Math.floor(tookMs * 1000)),
  L: ({ tookMs }) => (tookMs / 1000).toFixed(6),
  p: () => `<${process.pid}>`,
}
const ATOM = /%\((?:([a-zA-Z])|\{([^}]+)\}([ioe]))\)s/g

/**
 * Makes the function that writes one line.
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
  return (access) => {
    let line = ''
    // A plain loop: this runs for every request.
    for (let index = 0; index < parts.length; index += 1) {
      line += texts[index] ?? ''
      line += parts[index]?.(access) ?? ''
    }
    return line + rest
  }
}

/** A sign that begins no atom is doubled in Gunicorn's formats, and may be. */
function literal(text: string): string {
  return text.replaceAll('%%', '%')
}

function partOf([atom, letter = '', name = '', kind]: RegExpMatchArray): Part {
  const lower = name.toLowerCase()
  if (kind === 'i') return ({ headers }) => text(headers[lower])
  if (kind === 'o') return ({ response }) => text(response?.getHeader(lower))
  if (kind === 'e') return () => text(process.env[name])
  const part = ATOMS[letter]
  if (part === undefined) throw new RangeError(`unknown atom ${atom}`)
  return part
}

function jsonLine(access: Access): string {
  const { method, url, httpVersion, headers, status, remoteAddress, startedAt, tookMs, sentBytes } = access
  const line = {
    time: new Date(startedAt).toISOString(),
    ...{ remoteAddress, method, url, httpVersion, status, sentBytes },
    tookMs: Math.round(tookMs * 1000) / 1000,
    referer: headers.referer,
    userAgent: headers['user-agent'],
    pid: process.pid,
  }
  return `${JSON.stringify(line)}\n`
}

function text(value: number | string | string[] | undefined): string {
  return value === undefined ? '-' : safe(String(value))
}

const UNSAFE = /["\\\u0000-\u001f\u007f]/
const EACH_UNSAFE = /["\\\u0000-\u001f\u007f]/g

/** A client must not be able to write lines of his own, or to end a quoted part. */
function safe(value: string): string {
  if (!UNSAFE.test(value)) return value
  return value.replace(EACH_UNSAFE, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let cachedSecond = -1
let cachedTime = ''

/** `21/Nov/2026:03:55:00 +0000`, in UTC; made once a second. */
function commonTime(at: number): string {
  const second = Math.floor(at / 1000)
  if (second === cachedSecond) return cachedTime
  const iso = new Date(at).toISOString()
  cachedSecond = second
  cachedTime = `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
  return cachedTime
}
