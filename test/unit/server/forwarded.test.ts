import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { saidToBeSecure } from '../../../src/server/app/scheme.js'
import { ForwardedHeaders } from '../../../src/server/loop/forwarded.js'
import { parsePeers, peerOf } from '../../../src/server/loop/peer-list.js'
import { NETWORK_DEFAULTS } from '../../../src/server/network-settings.js'

function requestWith(headers: Record<string, string>): IncomingMessage {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const socket = { remoteAddress: '203.0.113.9' }
  return { headers: lower, rawHeaders: Object.entries(headers).flat(), socket } as unknown as IncomingMessage
}

function forwarded(allow: string[] = ['10.0.0.0/8']): { policy: ForwardedHeaders; removed: string[] } {
  const removed: string[] = []
  const settings = { ...NETWORK_DEFAULTS, forwardedAllowIps: allow }
  return { policy: new ForwardedHeaders(settings, (peer) => removed.push(peer)), removed }
}

const neverAsked = () => {
  throw new Error('the address of the peer was asked for')
}

describe('peerOf', () => {
  it.each([
    ['10.0.0.1', '127.0.0.1', false, '10.0.0.1'],
    [undefined, '127.0.0.1', false, ''],
    [undefined, undefined, true, ''],
    [undefined, undefined, false, undefined],
  ])('remote %s, local %s, destroyed %s: %s', (remoteAddress, localAddress, destroyed, expected) => {
    expect(peerOf({ remoteAddress, localAddress, destroyed })).toBe(expected)
  })

  it('takes a connection that broke for nobody, not for a unix socket', () => {
    expect(parsePeers(['127.0.0.1']).includes('')).toBe(false)
  })
})

describe('parsePeers', () => {
  const peers = parsePeers(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'])
  it.each([
    ['10.255.0.1', true],
    ['::ffff:10.1.2.3', true],
    ['11.0.0.1', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['2001:db8:1::5', true],
    ['2001:db9::5', false],
    ['::1', true],
    [undefined, true],
    ['not an address', false],
  ])('%s', (address, included) => expect(peers.includes(address)).toBe(included))

  it('takes * for everybody', () => expect(parsePeers(['*']).includes('8.8.8.8')).toBe(true))

  it.each(['', 'localhost', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1', '1.2.3'])(
    'refuses %j',
    (text) => expect(() => parsePeers([text])).toThrow(RangeError),
  )
})

describe('headers from an untrusted peer', () => {
  it('are taken out, wherever Node keeps them, and nothing else is', () => {
    const { policy, removed } = forwarded()
    const request = requestWith({
      Host: 'a',
      'X-Forwarded-For': '1.2.3.4',
      Accept: '*/*',
      'x-forwarded-whatever': '1',
      Forwarded: 'for=1.2.3.4',
      'X-Real-IP': '1.2.3.4',
      'X-Forwarded-Ssl': 'on',
    })
    expect(policy.apply(request, () => false)).toBeNull()
    expect(request.rawHeaders).toEqual(['Host', 'a', 'Accept', '*/*'])
    expect(request.headers).toEqual({ host: 'a', accept: '*/*' })
    expect(saidToBeSecure(request)).toBe(false)
    expect(removed).toEqual(['203.0.113.9'])
  })

  it('that are not there are not complained about', () => {
    const { policy, removed } = forwarded()
    policy.apply(requestWith({ Host: 'a' }), neverAsked)
    expect(removed).toEqual([])
  })
})

describe('headers from a trusted peer', () => {
  it.each([
    [{ 'X-Forwarded-Proto': 'https' }, true],
    [{ 'X-Forwarded-Proto': 'HTTPS' }, true],
    [{ 'X-Forwarded-Proto': 'https, http' }, true],
    [{ 'X-Forwarded-Proto': 'http' }, false],
    [{ 'X-Forwarded-Ssl': 'on', 'X-Forwarded-Proto': 'https' }, true],
    [{}, false],
  ])('%j: secure is %s', (headers: Record<string, string>, secure) => {
    const { policy } = forwarded()
    const request = requestWith(headers)
    expect(policy.apply(request, () => true)).toBeNull()
    expect(saidToBeSecure(request)).toBe(secure)
    expect(request.rawHeaders).toEqual(Object.entries(headers).flat())
  })

  it.each([
    { 'X-Forwarded-Ssl': 'on', 'X-Forwarded-Proto': 'http' },
    { 'X-Forwarded-Ssl': 'off', 'X-Forwarded-Proto': 'https' },
  ])('%j contradict each other: 400', (headers) => {
    expect(forwarded().policy.apply(requestWith(headers), () => true)).toMatchObject({ status: 400 })
  })
})

describe('clientAddress', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['6.6.6.6, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['198.51.100.7, garbage', '10.0.0.1'],
    ['198.51.100.7, garbage, 10.0.0.2', '10.0.0.2'],
    ['', '10.0.0.1'],
  ])('%s: %s', (header, client) => {
    const { policy } = forwarded()
    expect(policy.clientAddress(requestWith({ 'X-Forwarded-For': header }), '10.0.0.1')).toBe(client)
  })

  it('is the peer without the header', () => {
    expect(forwarded().policy.clientAddress(requestWith({}), '10.0.0.1')).toBe('10.0.0.1')
  })
})
