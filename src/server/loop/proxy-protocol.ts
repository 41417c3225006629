import { isIPv4, isIPv6 } from 'node:net'

export type ProxyVersion = 'v1' | 'v2' | 'auto'

/** Where a connection really comes from. */
export interface ProxySource {
  address: string
  port: number
  family: 'IPv4' | 'IPv6'
}

/** `source` is `null` when the proxy speaks for itself (a health check) or does not know. */
export type ProxyHeader =
  { state: 'more' } | { state: 'bad' } | { state: 'done'; bytes: number; source: ProxySource | null }

const MORE: ProxyHeader = { state: 'more' }
const BAD: ProxyHeader = { state: 'bad' }

const V1_START = Buffer.from('PROXY ')
/** The longest line there can be, CR and LF included (specification, 2.1). */
const V1_BYTES = 107
const V1_LINE = /^PROXY (TCP4|TCP6) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/

const V2_START = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V2_HEAD_BYTES = 16
/** Addresses take 216 bytes at most; the rest is for what balancers say of themselves, a client certificate's name and such. */
const V2_BYTES = 4096
const V2_LOCAL = 0x20
const V2_PROXY = 0x21
const V2_UNSPECIFIED = 0x00
const V2_TCP4 = 0x11
const V2_TCP6 = 0x21
const V2_UNIX = 0x31

/**
 * Reads the header at the beginning of a connection, by the specification of HAProxy's PROXY protocol. Says `bad` at the first
 * byte that cannot be part of one, so that nothing is guessed, and never asks for more than 4 KiB.
 *
 * @param bytes what has come so far.
 */
export function parseProxyHeader(bytes: Buffer, accept: ProxyVersion): ProxyHeader {
  if (bytes.length === 0) return MORE
  if (accept !== 'v2' && startsAlike(bytes, V1_START)) return parseV1(bytes)
  if (accept !== 'v1' && startsAlike(bytes, V2_START)) return parseV2(bytes)
  return BAD
}

function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.compare(start, 0, length, 0, length) === 0
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_BYTES).indexOf('\n')
  if (end === -1) return bytes.length < V1_BYTES ? MORE : BAD
  if (bytes[end - 1] !== 0x0d) return BAD
  const line = bytes.toString('latin1', 0, end - 1)
  // After UNKNOWN anything may follow up to the end of the line; it is to be ignored.
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN '))
    return { state: 'done', bytes: end + 1, source: null }
  const [, family, address = '', destination = '', port, destinationPort] = V1_LINE.exec(line) ?? []
  const valid = family === 'TCP4' ? isIPv4 : isIPv6
  if (family === undefined || !valid(address) || !valid(destination)) return BAD
  if (Number(port) > 65_535 || Number(destinationPort) > 65_535) return BAD
  const source: ProxySource = { address, port: Number(port), family: family === 'TCP4' ? 'IPv4' : 'IPv6' }
  return { state: 'done', bytes: end + 1, source }
}

function parseV2(bytes: Buffer): ProxyHeader {
  const command = bytes[12]
  const family = bytes[13]
  if (command !== undefined && command !== V2_LOCAL && command !== V2_PROXY) return BAD
  if (bytes.length < V2_HEAD_BYTES) return MORE
  const end = V2_HEAD_BYTES + bytes.readUInt16BE(14)
  if (end > V2_BYTES) return BAD
  const source = command === V2_LOCAL ? null : addressesOf(family, bytes, end)
  if (source === 'bad') return BAD
  if (bytes.length < end) return MORE
  return { state: 'done', bytes: end, source }
}

/** The source lies first; its bytes may not have come yet. */
function addressesOf(family: number | undefined, bytes: Buffer, end: number): ProxySource | null | 'bad' {
  const room = end - V2_HEAD_BYTES
  switch (family) {
    case V2_TCP4:
      if (room < 12) return 'bad'
      if (bytes.length < end) return null
      return { address: bytes.subarray(16, 20).join('.'), port: bytes.readUInt16BE(24), family: 'IPv4' }
    case V2_TCP6:
      if (room < 36) return 'bad'
      if (bytes.length < end) return null
      return { address: ipv6Of(bytes.subarray(16, 32)), port: bytes.readUInt16BE(48), family: 'IPv6' }
    case V2_UNIX:
    case V2_UNSPECIFIED:
      return null
    default:
      return 'bad'
  }
}

function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16))
  // The URL parser writes it the short way (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
