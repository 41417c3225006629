import http from 'node:http'
import net from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { failToStart, fixture, startServer, stopServers, until } from '../helpers/server.js'
import { echo, pem, TLS, type Seen } from '../helpers/tls-client.js'

afterEach(stopServers)
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync' } },
  { name: 'threaded', settings: { workerClass: 'threaded', threads: 2 } },
  { name: 'async', settings: { workerClass: 'async' } },
]

interface Asked {
  status: number
  body: string
  seen: Seen
}

function ask(port: number, headers: Record<string, string>, path = '/'): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      response.on('end', () => {
        const seen = (body.startsWith('{') ? JSON.parse(body) : {}) as Seen
        resolve({ status: response.statusCode ?? 0, body, seen })
      })
    })
    request.on('error', reject)
  })
}

/** Sends bytes as they are, in pieces, and gives everything that comes back until the end. */
function send(port: number, pieces: Buffer[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    let text = ''
    socket.setNoDelay(true)
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
    const next = () => {
      const piece = pieces.shift()
      if (piece && socket.writable) socket.write(piece, () => setImmediate(next))
    }
    next()
  })
}

function seenIn(answer: string): Seen {
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as Seen
}

const FORWARDED = {
  'X-Forwarded-For': '198.51.100.7',
  'X-Forwarded-Proto': 'https',
  'X-Real-IP': '198.51.100.7',
}

describe.each(CLASSES)('X-Forwarded-*, $name', ({ settings }) => {
  it('reach the app from a trusted proxy, and the access log shows the client', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tune-forwarded-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const accessLog = join(directory, 'access.log')
    const server = await startServer({ app: echo, ...settings, accessLog, accessLogFormat: '%(h)s %(s)s' })
    const { seen } = await ask(server.port, FORWARDED)
    expect(seen.headers).toMatchObject({ 'x-forwarded-for': '198.51.100.7', 'x-real-ip': '198.51.100.7' })
    expect(seen.remoteAddress).toBe('127.0.0.1')
    await until('the line is there', () => readFileSync(accessLog, 'utf8').includes('198.51.100.7 200'))
  })

  it('are taken out of what anybody else sends, with one warning', async () => {
    const server = await startServer({ app: echo, ...settings, forwardedAllowIps: ['10.0.0.0/8'] })
    for (let count = 0; count < 3; count += 1) {
      const { status, seen } = await ask(server.port, { ...FORWARDED, 'X-Mine': '1' })
      expect(status).toBe(200)
      const names = [...Object.keys(seen.headers), ...seen.rawHeaders].map((name) => name.toLowerCase())
      expect(names.filter((name) => name.startsWith('x-'))).toEqual(['x-mine', 'x-mine'])
    }
    const warnings = server.log().split('--forwarded-allow-ips 127.0.0.1').length - 1
    // Once per event loop.
    expect(warnings).toBeGreaterThan(0)
    expect(warnings).toBeLessThanOrEqual(settings.threads ?? 1)
  })

  it('that contradict each other are refused', async () => {
    const server = await startServer({ app: echo, ...settings })
    const { status, body } = await ask(server.port, { ...FORWARDED, 'X-Forwarded-Ssl': 'off' })
    expect([status, body]).toEqual([400, expect.stringContaining('contradict')])
  })
})

describe('the URL that a web-standard app sees', () => {
  const app = fixture('fetch-url.js')
  const urlOf = async (server: { port: number }, headers: Record<string, string>) => {
    const { body } = await ask(server.port, { Host: 'shop.example', ...headers }, '/a?b=c')
    return (JSON.parse(body) as { url: string }).url
  }

  it('has the scheme that a trusted proxy tells, and the Host that came', async () => {
    const server = await startServer({ app, workerClass: 'async' })
    expect(await urlOf(server, {})).toBe('http://shop.example/a?b=c')
    expect(await urlOf(server, FORWARDED)).toBe('https://shop.example/a?b=c')
    expect(await urlOf(server, { 'X-Forwarded-Host': 'evil.example' })).toBe('http://shop.example/a?b=c')
  })

  it('does not believe anybody else, and takes other headers where they are set', async () => {
    const trusting = { secureSchemeHeaders: ['X-Scheme=tls'] }
    const server = await startServer({ app, ...trusting })
    expect(await urlOf(server, { 'X-Scheme': 'tls' })).toBe('https://shop.example/a?b=c')
    const wary = await startServer({ app, ...trusting, forwardedAllowIps: ['10.0.0.1'] })
    expect(await urlOf(wary, { 'X-Scheme': 'tls' })).toBe('http://shop.example/a?b=c')
  })
})

const V1 = Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n')
const V2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([0x21, 0x11, 0, 12, 192, 0, 2, 7, 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb]),
])
const REQUEST = Buffer.from('GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
const inBytes = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.from([byte]))

describe.each(CLASSES)('the PROXY protocol, $name', ({ settings }) => {
  it.each([
    ['v1', V1],
    ['v2', V2],
  ] as const)('%s in one piece, in two, and byte by byte', async (proxyProtocol, header) => {
    const server = await startServer({ app: echo, ...settings, proxyProtocol })
    const whole = Buffer.concat([header, REQUEST])
    for (const pieces of [[whole], [header, REQUEST], inBytes(whole)]) {
      const answer = await send(server.port, pieces)
      expect(answer).toContain('200 OK')
      expect(seenIn(answer)).toMatchObject({ remoteAddress: '192.0.2.7', remotePort: 56324, url: '/x' })
    }
  })

  it('is required, and read once, at the beginning', async () => {
    const server = await startServer({ app: echo, ...settings, proxyProtocol: 'auto' })
    expect(await send(server.port, [REQUEST])).toBe('')
    expect(await send(server.port, [Buffer.from('PROXY TCP4 nonsense\r\n'), REQUEST])).toBe('')
    const again = await send(server.port, [Buffer.concat([V1, V1, REQUEST])])
    expect(again).toContain('400 Bad Request')
    const failed = async () => (await server.stats()).workers.reduce((sum, w) => sum + w.handshakesFailed, 0)
    await until('both are counted', async () => (await failed()) === 2)
  })

  it('comes before TLS, and the app sees the client in spite of it', async () => {
    const server = await startServer({ app: echo, ...settings, ...TLS, proxyProtocol: 'v2' })
    const raw = net.connect(server.port, '127.0.0.1')
    raw.write(V2)
    const secure = tls.connect({ socket: raw, ca: pem('server.pem'), servername: 'localhost' })
    let text = ''
    secure.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    secure.write(REQUEST)
    await new Promise((resolve) => secure.once('close', resolve))
    expect(seenIn(text)).toMatchObject({ remoteAddress: '192.0.2.7', encrypted: true })
  })
})

it('only listed peers may connect when the PROXY protocol is on', async () => {
  const server = await startServer({ app: echo, proxyProtocol: 'v1', proxyAllowIps: ['10.0.0.1'] })
  expect(await send(server.port, [Buffer.concat([V1, REQUEST])])).toBe('')
})

it('a PROXY header that never comes is given up after a while', { timeout: 30_000 }, async () => {
  const server = await startServer({ app: echo, proxyProtocol: 'v1' })
  const startedAtMs = performance.now()
  expect(await send(server.port, [V1.subarray(0, 10)])).toBe('')
  expect(performance.now() - startedAtMs).toBeGreaterThan(5000)
})

it.each([
  [{ forwardedAllowIps: ['nonsense'] }, 'forwardedAllowIps: "nonsense" is no address and no network'],
  [{ proxyAllowIps: ['10.0.0.0/40'] }, 'proxyAllowIps: "10.0.0.0/40"'],
  [{ secureSchemeHeaders: ['X-Forwarded-Proto'] }, 'is not NAME=VALUE'],
])('%j is refused', async (settings, message) => {
  const { error } = await failToStart(settings)
  expect(error.message).toContain(message)
})
