import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request that is over. */
export interface Access {
  request: Pick<IncomingMessage, 'method' | 'url' | 'httpVersion' | 'headers'>
  response: Pick<ServerResponse, 'statusCode' | 'getHeader' | 'headersSent'>
  remoteAddress: string
  /** Milliseconds since 1970. */
  startedAt: number
  tookMs: number
  /** Without the response's head; chunk sizes count. */
  sentBytes: number
  /** False when the client went before the answer was complete. */
  answered: boolean
}

type Part = (access: Access) => string

/** Gunicorn's letters, as in `%(h)s`. */
const ATOMS: Record<string, Part> = {
  h: ({ remoteAddress }) => remoteAddress || '-',
  l: () => '-',
  u: () => '-',
  t: ({ startedAt }) => `[${commonTime(startedAt)}]`,
  r: ({ request }) => `${request.method ?? ''} ${request.url ?? ''} HTTP/${request.httpVersion}`,
  m: ({ request }) => request.method ?? '',
  U: ({ request }) => (request.url ?? '').split('?', 1)[0] ?? '',
  q: ({ request }) => (request.url ?? '').split('?').slice(1).join('?'),
  H: ({ request }) => `HTTP/${request.httpVersion}`,
  s: (access) => String(statusOf(access)),
  B: ({ sentBytes }) => String(sentBytes),
  b: ({ sentBytes }) => (sentBytes === 0 ? '-' : String(sentBytes)),
  f: ({ request }) => request.headers.referer ?? '-',
  a: ({ request }) => request.headers['user-agent'] ?? '-',
  T: ({ tookMs }) => String(Math.floor(tookMs / 1000)),
  M: ({ tookMs }) => String(Math.floor(tookMs)),
  D: ({ tookMs }) => String(Math.floor(tookMs * 1000)),
  L: ({ tookMs }) => (tookMs / 1000).toFixed(6),
  p: () => `<${process.pid}>`,
}
const ATOM = /%\((?:([a-zA-Z])|\{([^}]+)\}([ioe]))\)s/g
/** nginx's number for a client who did not wait. */
const CLIENT_GONE = 499

/**
 * Makes the function that writes one line.
 *
 * @param format `json`, or a text with Gunicorn's atoms: `%(h)s`, `%({user-agent}i)s` and so on.
 * @throws {RangeError} naming an atom that does not exist.
 */
export function accessFormatter(format: string): Part {
  if (format === 'json') return jsonLine
  const parts: Part[] = []
  let end = 0
  for (const match of format.matchAll(ATOM)) {
    const before = format.slice(end, match.index)
    parts.push(() => before)
    const part = partOf(match)
    parts.push((access) => safe(part(access)))
    end = match.index + match[0].length
  }
  const rest = `${format.slice(end)}\n`
  if (/%\([^)]*\)/.test(format.replace(ATOM, '')))
    throw new RangeError(`unknown atom in ${JSON.stringify(format)}`)
  return (access) => parts.map((part) => part(access)).join('') + rest
}

function partOf([atom, letter = '', name = '', kind]: RegExpMatchArray): Part {
  const lower = name.toLowerCase()
  if (kind === 'i') return ({ request }) => text(request.headers[lower])
  if (kind === 'o') return ({ response }) => text(response.getHeader(lower))
  if (kind === 'e') return () => process.env[name] ?? '-'
  const part = ATOMS[letter]
  if (part === undefined) throw new RangeError(`unknown atom ${atom}`)
  return part
}

function jsonLine(access: Access): string {
  const { request, remoteAddress, startedAt, tookMs, sentBytes } = access
  const line = {
    time: new Date(startedAt).toISOString(),
    remoteAddress,
    method: request.method,
    url: request.url,
    httpVersion: request.httpVersion,
    status: statusOf(access),
    sentBytes,
    tookMs: Math.round(tookMs * 1000) / 1000,
    referer: request.headers.referer,
    userAgent: request.headers['user-agent'],
    pid: process.pid,
  }
  return `${JSON.stringify(line)}\n`
}

function statusOf({ response, answered }: Access): number {
  return answered || response.headersSent ? response.statusCode : CLIENT_GONE
}

function text(value: number | string | string[] | undefined): string {
  return value === undefined ? '-' : String(value)
}

/** A client must not be able to write lines of his own, or to end a quoted part. */
function safe(value: string): string {
  return value.replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
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
