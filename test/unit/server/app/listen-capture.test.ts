import http from 'node:http'
import net from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  captureListen,
  keepListening,
  type ListenCapture,
} from '../../../../src/server/app/listen-capture.js'

const address = { address: '127.0.0.1', family: 'IPv4', port: 4321 }
let capture: ListenCapture
let warnings: string[]

beforeEach(() => {
  warnings = []
  capture = captureListen({ address: () => address }, (message) => warnings.push(message))
})
afterEach(() => capture.release())

test('the first listen holds no socket and looks as if it did', async () => {
  const server = http.createServer()
  server.listen(1)
  expect(server.listening).toBe(true)
  await once(server, 'listening')
  expect(server.address()).toEqual(address)
  expect(capture.server()).toBe(server)
  await expect(fetch('http://127.0.0.1:4321')).rejects.toThrow()
})

test('a later listen settles the wait; none is null', async () => {
  expect(await capture.wait(5)).toBeNull()
  const waiting = capture.wait(5000)
  const server = http.createServer().listen(80)
  expect(await waiting).toBe(server)
  expect(await capture.wait(5000)).toBe(server)
})

test("the worker's own server and raw TCP servers really listen", async () => {
  const own = http.createServer()
  keepListening(own)
  const raw = net.createServer()
  for (const server of [own, raw]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    expect((server.address() as net.AddressInfo).port).not.toBe(4321)
    server.close()
  }
  expect(capture.server()).toBeNull()
})

test('a second door stays closed and is named; the same door twice is silent', () => {
  http.createServer().listen(3000)
  http.createServer().listen(3000, '::1')
  http.createServer().listen(4321)
  expect(warnings).toEqual([])
  const metrics = http.createServer().listen(9464, '127.0.0.1')
  const socket = http.createServer().listen('/run/admin.sock')
  expect(metrics.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: 9464 })
  expect(socket.address()).toBe('/run/admin.sock')
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toContain('port 9464')
  expect(warnings[1]).toContain('/run/admin.sock')
})

test('an abort signal closes the server', async () => {
  const abort = new AbortController()
  const server = http.createServer().listen({ port: 3000, signal: abort.signal })
  const closed = once(server, 'close')
  abort.abort()
  await closed
  expect(server.listening).toBe(false)
})

test('release gives listen back', async () => {
  capture.release()
  const server = http.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(capture.server()).toBeNull()
  server.close()
})
