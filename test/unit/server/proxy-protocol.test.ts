import { describe, expect, it } from 'vitest'
import { parseProxyHeader, type ProxyVersion } from '../../../src/server/loop/proxy-protocol.js'

const REST = 'GET / HTTP/1.1\r\n'
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** A header of version 2. */
function v2(command: number, family: number, body: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length)
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, body])
}

const ipv4Body = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb])
const ipv6Body = Buffer.concat([
  Buffer.from('20010db8000000000000000000000005', 'hex'),
  Buffer.from('20010db8000000000000000000000006', 'hex'),
  Buffer.from([0xdc, 0x04, 0x01, 0xbb]),
])
const IPV4 = { address: '192.0.2.7', port: 56324, family: 'IPv4' }
const IPV6 = { address: '2001:db8::5', port: 56324, family: 'IPv6' }

const GOOD: [string, ProxyVersion, Buffer, unknown][] = [
  ['v1 TCP4', 'v1', Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n'), IPV4],
  ['v1 TCP6', 'v1', Buffer.from('PROXY TCP6 2001:db8::5 2001:db8::6 56324 443\r\n'), IPV6],
  ['v1 UNKNOWN', 'v1', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1 UNKNOWN with more', 'v1', Buffer.from('PROXY UNKNOWN ffff:f...f:ffff 1 2\r\n'), null],
  ['v1, either', 'auto', Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n'), IPV4],
  ['v2 TCP4', 'v2', v2(0x21, 0x11, ipv4Body), IPV4],
  ['v2 TCP4 with more', 'v2', v2(0x21, 0x11, Buffer.concat([ipv4Body, Buffer.alloc(300, 1)])), IPV4],
  ['v2 TCP6, either', 'auto', v2(0x21, 0x21, ipv6Body), IPV6],
  ['v2 unix', 'v2', v2(0x21, 0x31, Buffer.alloc(216, 0x61)), null],
  ['v2 unspecified', 'v2', v2(0x21, 0x00, Buffer.alloc(0)), null],
  ['v2 LOCAL', 'v2', v2(0x20, 0x11, ipv4Body), null],
]

const BAD: [string, ProxyVersion, Buffer][] = [
  ['a request', 'auto', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a request that begins alike', 'auto', Buffer.from('PROPFIND / HTTP/1.1\r\n\r\n')],
  ['v2 where v1 is spoken', 'v1', v2(0x21, 0x11, ipv4Body)],
  ['v1 where v2 is spoken', 'v2', Buffer.from('PROXY UNKNOWN\r\n')],
  ['lower case', 'v1', Buffer.from('proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n')],
  ['no CR', 'v1', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n')],
  ['another family', 'v1', Buffer.from('PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n')],
  ['an address of the other family', 'v1', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['no address', 'v1', Buffer.from('PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n')],
  ['two blanks', 'v1', Buffer.from('PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n')],
  ['a port too high', 'v1', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n')],
  ['a port with a zero in front', 'v1', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n')],
  ['a negative port', 'v1', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n')],
  ['a field too many', 'v1', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n')],
  ['a line without end', 'v1', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(200)}`)],
  ['a line one byte too long', 'v1', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['another version', 'v2', v2(0x31, 0x11, ipv4Body)],
  ['another command', 'v2', v2(0x22, 0x11, ipv4Body)],
  ['UDP', 'v2', v2(0x21, 0x12, ipv4Body)],
  ['addresses cut off', 'v2', v2(0x21, 0x11, ipv4Body.subarray(1))],
  ['addresses cut off, TCP6', 'v2', v2(0x21, 0x21, ipv6Body.subarray(1))],
  ['far too long', 'v2', v2(0x21, 0x11, Buffer.alloc(60_000))],
]

describe('parseProxyHeader', () => {
  it.each(GOOD)('%s', (_name, accept, header, source) => {
    const bytes = Buffer.concat([header, Buffer.from(REST)])
    expect(parseProxyHeader(bytes, accept)).toEqual({ state: 'done', bytes: header.length, source })
  })

  it.each(GOOD)('%s, byte by byte, wants more until the last one', (_name, accept, header, source) => {
    for (let length = 0; length < header.length; length += 1) {
      expect(parseProxyHeader(header.subarray(0, length), accept)).toEqual({ state: 'more' })
    }
    expect(parseProxyHeader(header, accept)).toEqual({ state: 'done', bytes: header.length, source })
  })

  it.each(BAD)('refuses %s', (_name, accept, bytes) => {
    expect(parseProxyHeader(bytes, accept)).toEqual({ state: 'bad' })
  })

  it.each(BAD)('refuses %s byte by byte, too, and for good', (_name, accept, bytes) => {
    const states = Array.from(
      { length: bytes.length },
      (_, index) => parseProxyHeader(bytes.subarray(0, index + 1), accept).state,
    )
    expect(states).not.toContain('done')
    expect(states.slice(states.indexOf('bad')).every((state) => state === 'bad')).toBe(true)
  })

  it('never asks for more than 4 KiB', () => {
    for (const accept of ['v1', 'v2', 'auto'] as const)
      for (const start of [
        Buffer.from('PROXY UNKNOWN '),
        v2(0x21, 0x11, Buffer.alloc(4080)).subarray(0, 20),
      ]) {
        const state = parseProxyHeader(Buffer.concat([start, Buffer.alloc(4096, 0x61)]), accept).state
        expect(state).not.toBe('more')
      }
  })
})
