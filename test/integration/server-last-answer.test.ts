import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { fixture, get, startServer, stopServers, times } from '../helpers/server.js'
import { pem, TLS } from '../helpers/tls-client.js'

afterEach(stopServers)
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const app = fixture('last-words.js')
const line = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

/** All that a client reads until his connection is over, the error that ended it, and from which port he came. */
function exchange(
  port: number,
  text: string,
  host = '127.0.0.1',
): Promise<{ read: string; error: string | null; from: number | undefined }> {
  return new Promise((resolve) => {
    let read = ''
    let error: string | null = null
    let from: number | undefined
    const client = net.connect(port, host, () => {
      from = client.localPort
      client.write(text)
    })
    client.on('data', (chunk) => (read += chunk.toString()))
    client.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code ?? reason.message))
    client.on('close', () => resolve({ read, error, from }))
  })
}

const UPLOAD_BYTES = 32 * 1024 * 1024

/** As `exchange`, but he reads nothing until he has sent a head and so many bytes behind it. */
function upload(
  port: number,
  head: string,
  bytes: number,
  { rest = 'x'.repeat(bytes), atOnce = false, secure = false } = {},
): Promise<{ read: string; error: string | null }> {
  return new Promise((resolve) => {
    let read = ''
    let error: string | null = null
    const options = { port, host: '127.0.0.1' }
    const begin = () => {
      client.pause()
      const readNow = () => client.resume()
      if (atOnce) return void client.write(head + rest, readNow)
      client.write(head)
      // The answer is there when the rest comes.
      setTimeout(() => client.write(rest, readNow), 50)
    }
    const client = secure
      ? tls.connect({ ...options, ca: pem('server.pem') }, begin)
      : net.connect(options, begin)
    client.on('data', (chunk: Buffer) => (read += chunk.toString()))
    client.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code ?? reason.message))
    client.on('close', () => resolve({ read, error }))
  })
}

/** A client who sends two requests at once, reads a bit of the long first answer, and goes. */
function leaveInPipeline(port: number): Promise<void> {
  return new Promise((resolve) => {
    const client = net.connect(port, '127.0.0.1', () => client.write(line('/big') + line('/')))
    client.once('data', () => client.destroy())
    client.once('close', () => resolve())
  })
}

const ONE_SLOT: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 1 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 1, threads: 1 } },
]

describe.each(ONE_SLOT)('a pipeline, $name', ({ settings }) => {
  it('whose client leaves while the first answer is being sent leaves the slot free', async () => {
    const server = await startServer({ app, ...settings })
    await leaveInPipeline(server.port)
    expect((await get(server.port, '/')).body).toBe('first answer')
  })
})

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  ...ONE_SLOT,
  { name: 'async', settings: { workerClass: 'async', workers: 1 } },
]

describe.each(CLASSES)(
  'the last answer of a connection whose client is still sending, $name',
  ({ settings }) => {
    const POST = 'POST /early HTTP/1.1\r\nHost: a\r\n'

    it.each([
      ['a length', (bytes: number) => `${POST}Content-Length: ${bytes}\r\n\r\n`],
      ['one chunk', (bytes: number) => `${POST}Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n`],
    ])('reaches him, though he reads it only after all of a large body with %s', async (_name, head) => {
      const server = await startServer({ app, ...settings })
      for (let round = 0; round < 5; round += 1) {
        const { read, error } = await upload(server.port, head(UPLOAD_BYTES), UPLOAD_BYTES)
        expect([read.split('early answer').length - 1, error]).toEqual([1, null])
      }
      expect((await get(server.port, '/')).body).toBe('first answer')
    })

    it('reaches him through TLS', async () => {
      const server = await startServer({ app, ...settings, ...TLS })
      const head = `${POST}Content-Length: ${UPLOAD_BYTES}\r\n\r\n`
      const { read, error } = await upload(server.port, head, UPLOAD_BYTES, { secure: true })
      expect([read.split('early answer').length - 1, error]).toEqual([1, null])
    })

    it('reaches him, and what he sends behind it reaches nobody', async () => {
      const server = await startServer({ app, ...settings })
      const rest = line('/count').repeat(20_000)
      for (let round = 0; round < 5; round += 1) {
        const { read, error } = await upload(server.port, line('/early'), rest.length, { rest, atOnce: true })
        expect([read.split('answer').length - 1, error]).toEqual([1, null])
      }
      expect((await get(server.port, '/count')).body).toBe('counted 1')
    })

    it('reaches him when it is a refusal', async () => {
      const server = await startServer({ app, ...settings })
      const head = `POST / HTTP/1.1\r\nContent-Length: ${UPLOAD_BYTES}\r\n\r\n`
      const { read, error } = await upload(server.port, head, UPLOAD_BYTES)
      expect([read.split(' 400 ').length - 1, error]).toEqual([1, null])
    })

    it('is not waited for without end', async () => {
      const server = await startServer({ app, ...settings })
      const client = net.connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
        client.write(`${POST}Content-Length: ${UPLOAD_BYTES}\r\n\r\n`)
        client.write('x'.repeat(1024 * 1024))
      })
      cleanups.push(() => client.destroy())
      client.on('error', () => undefined)
      let read = ''
      client.on('data', (chunk) => (read += chunk.toString()))
      await once(client, 'end')
      expect(read).toContain('early answer')
      await expect.poll(async () => (await server.stats()).workers[0]?.connections, { timeout: 5000 }).toBe(0)
    })
  },
)

describe('the last answer of a sync connection', () => {
  const settings = { app, workerClass: 'sync', workers: 1 } as const

  it.each(['/', '/late'])(
    'leaves the slot free for others than the rest of its pipeline, %s',
    async (path) => {
      const server = await startServer(settings)
      const { read } = await exchange(server.port, line(path) + line(path))
      expect(read.split('answer')).toHaveLength(2)
      expect((await get(server.port, '/')).body).toBe('first answer')
    },
  )

  it('comes whole and without a reset, though nobody has read the body of the request', async () => {
    const server = await startServer(settings)
    const body = 'x'.repeat(1024 * 1024)
    const text = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const found = await Promise.all(times(5, () => exchange(server.port, text)))
    expect(found.map(({ read, error }) => [read.split('first answer').length - 1, error])).toEqual(
      times(5, () => [1, null]),
    )
  })

  it('comes whole when it is longer than the socket takes at once', async () => {
    const server = await startServer(settings)
    const { read, error } = await exchange(server.port, line('/big'))
    expect([read.length > 8 * 1024 * 1024, error]).toEqual([true, null])
  })

  it('does not wait for what the app does after it', async () => {
    const server = await startServer(settings)
    const directory = mkdtempSync(join(tmpdir(), 'tune-last-answer-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'the-client-has-his-answer')
    const client = net.connect(server.port, '127.0.0.1', () => client.write(line(`/then-work?until=${file}`)))
    cleanups.push(() => client.destroy())
    const [read] = (await once(client, 'data')) as [Buffer]
    writeFileSync(file, '')
    expect(read.toString()).toContain('first answer')
    expect(JSON.parse((await get(server.port, '/told')).body)).toContainEqual(['worked', true])
  })

  it('is seen to end by the app, who can still ask for the address of the client', () =>
    expectTold('IPv4', '127.0.0.1'))

  const noIpv6 = !Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  )
  it.skipIf(noIpv6)(`the same over IPv6${noIpv6 ? ' (skipped: this machine has no ::1)' : ''}`, () =>
    expectTold('IPv6', '::1'),
  )

  async function expectTold(family: string, host: string): Promise<void> {
    const server = await startServer({ ...settings, bind: [host === '::1' ? '[::1]:0' : `${host}:0`] })
    const { from } = await exchange(server.port, line('/'), host)
    const { read } = await exchange(server.port, line('/told'), host)
    expect(JSON.parse(read.split('\r\n\r\n')[1] ?? '')).toEqual([
      ['finish', host, from, family],
      ['close', host, from, family],
    ])
  }
})
