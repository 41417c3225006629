import type { IncomingMessage } from 'node:http'

/** Limits on what a client may send; bytes and counts. */
export interface RequestLimits {
  limitRequestLineBytes: number
  limitRequestFields: number
  limitRequestFieldBytes: number
}

/** What a client is told whose request does not reach the app. */
export interface Refusal {
  status: number
  reason: string
}

export type RequestHead = Pick<
  IncomingMessage,
  'method' | 'url' | 'httpVersionMajor' | 'httpVersionMinor' | 'rawHeaders'
>

/** RFC 9110, 5.3: a second one leaves open which is meant, and two servers in a row may choose differently. */
const SINGLE = ['host', 'content-type', 'content-length', 'transfer-encoding']
const HOST_SEEN = 1 << SINGLE.indexOf('host')
/** Written with `_` they are other names here, and the real ones for whatever maps headers to variables. */
const UNDERSCORE_TWINS = ['content_length', 'transfer_encoding', 'content_type']
/** By the length of a name, which tells of nearly every field of a request that it is none of these. */
const GUARDED: string[][] = []
for (const name of [...SINGLE, ...UNDERSCORE_TWINS]) (GUARDED[name.length] ??= []).push(name)
/** RFC 9110, 6.5.1: fields that steer framing, routing or authentication mean nothing after the body. */
const FORBIDDEN_TRAILERS = new Set([
  ...['transfer-encoding', 'content-length', 'host', 'trailer', 'te', 'connection', 'upgrade', 'expect'],
  ...['authorization', 'cookie', 'set-cookie', 'content-type', 'content-encoding', 'content-range'],
  ...['cache-control', 'max-forwards', 'proxy-authorization', 'range', 'via'],
])
/** RFC 9112, 3.2: a host, no user, no list, no path. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+;=%-]*)(?::\d*)?$/
const ABSOLUTE_FORM = /^https?:\/\/[^/?#@\s]+(?:[/?]|$)/i
const AUTHORITY_FORM = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+):\d{1,5}$/
/** ` HTTP/1.1` after the target and the blank before it. */
const VERSION_BYTES = ' HTTP/1.1'.length + 1

/**
 * Closes the gaps of Node's parser: what it lets through although two servers may understand it differently, and the
 * limits it applies silently or not at all.
 *
 * @returns `null` for a request that may go to the app.
 */
export function refusalOf(head: RequestHead, limits: RequestLimits): Refusal | null {
  return refuseVersion(head) ?? refuseTarget(head, limits) ?? refuseHeaders(head, limits)
}

/** @param rawTrailers names and values in turn. */
export function hasForbiddenTrailer(rawTrailers: readonly string[]): boolean {
  return rawTrailers.some((name, index) => index % 2 === 0 && FORBIDDEN_TRAILERS.has(name.toLowerCase()))
}

function refuseVersion({ httpVersionMajor, httpVersionMinor }: RequestHead): Refusal | null {
  // The parser takes HTTP/0.9 and HTTP/2.0 request lines, too.
  if (httpVersionMajor === 1 && httpVersionMinor <= 1) return null
  return { status: 505, reason: `HTTP/${httpVersionMajor}.${httpVersionMinor} is not spoken here` }
}

function refuseTarget({ method = '', url = '' }: RequestHead, limits: RequestLimits): Refusal | null {
  if (method.length + url.length + VERSION_BYTES > limits.limitRequestLineBytes) {
    return { status: 414, reason: `the request line has more than ${limits.limitRequestLineBytes} bytes` }
  }
  if (url.includes('#')) return bad('a fragment in the request target')
  if (method === 'CONNECT') {
    return AUTHORITY_FORM.test(url) ? null : bad('CONNECT without HOST:PORT')
  }
  if (url.startsWith('/') || ABSOLUTE_FORM.test(url)) return null
  if (url === '*') return method === 'OPTIONS' ? null : bad('the target * with another method than OPTIONS')
  return bad('a request target that is neither a path nor a URL')
}

function refuseHeaders(head: RequestHead, limits: RequestLimits): Refusal | null {
  const { rawHeaders } = head
  if (rawHeaders.length / 2 > limits.limitRequestFields) {
    return { status: 431, reason: `more than ${limits.limitRequestFields} header fields` }
  }
  /** A bit for each of `SINGLE`. */
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const value = rawHeaders[index + 1] ?? ''
    if (name.length + value.length + 2 > limits.limitRequestFieldBytes) {
      return { status: 431, reason: `a header field with more than ${limits.limitRequestFieldBytes} bytes` }
    }
    const guarded = guardedName(name)
    if (guarded === null) continue
    const single = SINGLE.indexOf(guarded)
    const bit = single === -1 ? 0 : 1 << single
    if ((seen & bit) !== 0) return bad(`more than one ${guarded} header`)
    seen |= bit
    const refused = refuseField(guarded, value, head)
    if (refused !== null) return refused
  }
  // RFC 9112, 3.2.
  const withoutHost = head.httpVersionMinor === 1 && (seen & HOST_SEEN) === 0
  return withoutHost ? bad('no Host header') : null
}

/** @returns the name in lower case, if it is a guarded one. */
function guardedName(name: string): string | null {
  const names = GUARDED[name.length]
  if (names === undefined) return null
  // In every request, and most often written in one of these ways: nothing is made and nothing is searched for them.
  if (name === 'Host' || name === 'host') return 'host'
  const lowerCase = name.toLowerCase()
  return names.includes(lowerCase) ? lowerCase : null
}

function refuseField(name: string, value: string, head: RequestHead): Refusal | null {
  if (name === 'host') return namesHost(value) ? null : bad('a Host header that names no host')
  if (UNDERSCORE_TWINS.includes(name)) return bad(`the header ${name}`)
  if (name !== 'transfer-encoding') return null
  if (head.httpVersionMinor === 0) return bad('Transfer-Encoding in HTTP/1.0')
  if (value.toLowerCase() === 'chunked') return null
  return { status: 501, reason: 'a transfer encoding other than chunked' }
}

/** Requests name the same host again and again. */
let lastHost = ''

function namesHost(value: string): boolean {
  if (value === lastHost) return true
  if (!HOST.test(value)) return false
  lastHost = value
  return true
}

function bad(reason: string): Refusal {
  return { status: 400, reason }
}
