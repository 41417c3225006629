import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { ServerSettings } from '../../src/server/index.js'
import {
  failToStart,
  fixture,
  get,
  sleep,
  startServer,
  stopServers,
  times,
  until,
} from '../helpers/server.js'

afterEach(stopServers)
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const NEST = fileURLToPath(new URL('../fixtures/apps-kinds/ts/nest', import.meta.url))

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync' } },
  { name: 'threaded', settings: { workerClass: 'threaded', threads: 2 } },
  { name: 'async', settings: { workerClass: 'async' } },
]

describe('NestJS 11 in TypeScript, as CommonJS, with constructor injection', () => {
  it.each(['main.ts', 'factory.ts'])('%s', async (file) => {
    const server = await startServer({ app: join(NEST, file), workerClass: 'async' })
    const { status, body } = await get(server.port, '/greet/ann')
    expect([status, JSON.parse(body)]).toEqual([200, { text: 'hello ann' }])
    const ordered = await fetch(`http://127.0.0.1:${server.port}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"item":"tea"}',
    })
    expect([ordered.status, await ordered.json()]).toEqual([201, { ordered: 'tea' }])
    expect((await get(server.port, '/throws')).status).toBe(500)
    expect((await get(server.port, '/nowhere')).status).toBe(404)
  })

  it('without TypeScript in the project says what is missing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tune-nest-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    cpSync(NEST, directory, { recursive: true })
    cpSync(join(NEST, 'tsconfig.base.json'), join(directory, 'tsconfig.json'))
    const { error } = await failToStart({ app: join(directory, 'app.module.ts') })
    expect(error.message).toContain('Cannot find package "typescript", which writes the decorator metadata')
    expect(error.suggestions).toEqual(['Install it: npm install typescript'])
    expect(error.exit).toBe(4)
  })
})

/** Opens a WebSocket and gives back what it echoes. */
async function connect(
  port: number,
): Promise<{ socket: WebSocket; echo: (text: string) => Promise<string> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`)
  cleanups.push(() => socket.terminate())
  await once(socket, 'open')
  const echo = async (text: string) => {
    socket.send(text)
    const [data] = (await once(socket, 'message')) as [Buffer]
    return data.toString()
  }
  return { socket, echo }
}

describe.each(CLASSES)('WebSockets, $name', ({ settings }) => {
  const app = fixture('websocket.js')

  it('are upgraded, hold a slot while they are open, and free it when they close', async () => {
    const server = await startServer({ app, ...settings })
    const { socket, echo } = await connect(server.port)
    const texts = times(20, (index) => `message ${index}`)
    for (const text of texts) expect(await echo(text)).toBe(text)
    const busy = async () => (await server.stats()).workers[0]?.busySlots
    expect(await busy()).toBe(1)
    socket.close()
    await until('the slot is free', async () => (await busy()) === 0)
    expect((await get(server.port, '/')).body).toBe('plain')
  })

  it('as many as there are slots fit in; the next one waits for its turn', async () => {
    const server = await startServer({ app, ...settings, workers: 1, workerConnections: 2 })
    const [worker] = (await server.stats()).workers
    const held = []
    for (let count = 0; count < worker!.totalSlots; count += 1) held.push(await connect(server.port))
    let entered = false
    const next = connect(server.port).then((connected) => {
      entered = true
      return connected
    })
    for (const { echo } of held) expect(await echo('still here')).toBe('still here')
    expect(entered).toBe(false)
    held[0]!.socket.close()
    expect(await (await next).echo('hello')).toBe('hello')
  })

  it('TERM: an open one may go on until the graceful timeout, then it is cut', async () => {
    const server = await startServer({ app, ...settings, gracefulTimeoutSeconds: 2 })
    const { socket, echo } = await connect(server.port)
    server.signal('SIGTERM')
    await until('the stop has begun', () => server.log().includes('Handling signal: term'))
    expect(await echo('during the drain')).toBe('during the drain')
    await once(socket, 'close')
    expect(await server.exited).toBe(0)
    expect(server.log()).toContain('did not finish in time')
  })

  it('TERM: ends as soon as the last one is closed by its client', async () => {
    const server = await startServer({ app, ...settings, gracefulTimeoutSeconds: 600 })
    const { socket, echo } = await connect(server.port)
    server.signal('SIGTERM')
    expect(await echo('last words')).toBe('last words')
    socket.close()
    expect(await server.exited).toBe(0)
  })
})

it('a tracer in http.Server sees the requests of an exported handler, once each', async () => {
  const server = await startServer({ app: fixture('traced.js'), workerClass: 'async', workers: 1 })
  expect((await get(server.port, '/')).headers['x-traced']).toBe('yes')
})

it('a client who breaks off while his upgrade waits for a slot ends no worker', async () => {
  const server = await startServer({ app: fixture('websocket.js'), workerClass: 'sync', workers: 1 })
  const breaker = net.connect(server.port, '127.0.0.1')
  await once(breaker, 'connect')
  // He is let in, and says nothing for so long that the slot goes to somebody else.
  await sleep(150)
  const { echo } = await connect(server.port)
  const head = 'GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  breaker.write(`${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
  await sleep(100)
  breaker.resetAndDestroy()
  await sleep(100)
  expect(await echo('still here')).toBe('still here')
  expect(server.log()).not.toContain('exited')
})
