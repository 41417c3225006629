import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { failToStart, sleep, startServer, stopServers, times, until } from '../helpers/server.js'
import { echo, getSecurely, pem, TLS, tlsFile } from '../helpers/tls-client.js'

afterEach(stopServers)
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 1, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
]

/** A client who connects and sends, by hand. */
function connect(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  cleanups.push(() => socket.destroy())
  return socket
}

describe.each(CLASSES)('TLS, $name', ({ settings }) => {
  it('serves HTTPS, counts slots, and says https in its log', async () => {
    const server = await startServer({ app: echo, ...settings, ...TLS })
    const answers = await Promise.all(times(20, () => getSecurely(server.port)))
    expect(answers.map(({ status }) => status)).toEqual(times(20, () => 200))
    expect(answers[0]?.seen).toMatchObject({ encrypted: true, remoteAddress: '127.0.0.1' })
    expect(answers[0]?.certificate.subject.CN).toBe('localhost')
    expect(server.log()).toContain(`Listening at: https://127.0.0.1:${server.port}`)
    // Counted in the worker a moment after the client has his answer.
    await until('nobody is connected any more', async () => {
      const { workers, queues } = await server.stats()
      return workers.every((worker) => worker.connections === 0) && queues[0]?.waiting === 0
    })
  })

  it('drops a handshake that never ends, and clients who speak no TLS, and serves the others meanwhile', async () => {
    const server = await startServer({ app: echo, ...settings, ...TLS, headerTimeoutSeconds: 1 })
    const silent = times(6, () => connect(server.port))
    const halfway = times(3, () => connect(server.port))
    // The first bytes of a handshake record.
    for (const socket of halfway) socket.write(Buffer.from('16030100f8', 'hex'))
    const plain = connect(server.port)
    plain.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await getSecurely(server.port)).status).toBe(200)
    const sockets = [...silent, ...halfway, plain]
    await until('all of them are closed', () => sockets.every((socket) => socket.closed))
    const failed = async () =>
      (await server.stats()).workers.reduce((sum, worker) => sum + worker.handshakesFailed, 0)
    await until('they are counted', async () => (await failed()) === sockets.length)
    expect((await getSecurely(server.port)).status).toBe(200)
  })

  it('TERM: finishes a handshake that is under way and the request after it', async () => {
    const server = await startServer({ app: echo, ...settings, ...TLS })
    const raw = connect(server.port)
    await new Promise((resolve) => raw.once('connect', resolve))
    await until('it is accepted', async () => (await server.stats()).workers.some((w) => w.connections === 1))
    const slow = getSecurely(server.port, {}, '/wait?ms=600')
    await sleep(100)
    server.signal('SIGTERM')
    await sleep(100)
    const secure = tls.connect({ socket: raw, ca: pem('server.pem'), servername: 'localhost' })
    let text = ''
    secure.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    secure.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => secure.once('close', resolve))
    expect(text).toContain('200 OK')
    expect(text.toLowerCase()).toContain('connection: close')
    expect((await slow).status).toBe(200)
    expect(await server.exited).toBe(0)
  })
})

describe('what is negotiated', () => {
  it('is HTTP/1.1, and a client who offers only HTTP/2 is told so in the handshake', async () => {
    const server = await startServer({ app: echo, ...TLS })
    const offer = (ALPNProtocols: string[]) =>
      new Promise<string>((resolve) => {
        const options = { host: '127.0.0.1', port: server.port, ca: pem('server.pem'), ALPNProtocols }
        const socket = tls.connect(options, () => {
          resolve(String(socket.alpnProtocol))
          socket.destroy()
        })
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      })
    expect(await offer(['h2', 'http/1.1'])).toBe('http/1.1')
    expect(await offer(['h2'])).toContain('NO_APPLICATION_PROTOCOL')
  })

  it('has the versions that are set', async () => {
    const server = await startServer({ app: echo, ...TLS, tlsMinVersion: 'TLSv1.3' })
    expect((await getSecurely(server.port)).protocol).toBe('TLSv1.3')
    await expect(getSecurely(server.port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/version|alert/i)
    const old = await startServer({ app: echo, ...TLS, tlsMaxVersion: 'TLSv1.2' })
    expect((await getSecurely(old.port)).protocol).toBe('TLSv1.2')
  })

  it('lets a client resume his session with any worker', async () => {
    const server = await startServer({ app: echo, ...TLS, workers: 3, workerClass: 'sync' })
    const agent = new https.Agent({ keepAlive: false, maxCachedSessions: 10 })
    cleanups.push(() => agent.destroy())
    const resumed: boolean[] = []
    for (let count = 0; count < 12; count += 1)
      resumed.push((await getSecurely(server.port, { agent, maxVersion: 'TLSv1.2' })).seen.resumed)
    expect(resumed[0]).toBe(false)
    expect(resumed.slice(1)).toEqual(times(11, () => true))
  })
})

describe('client certificates', () => {
  const client = { cert: pem('client.pem'), key: pem('client-key.pem') }

  it('required: nobody gets in without one', async () => {
    const server = await startServer({ app: echo, ...TLS, certReqs: 'required', caCerts: tlsFile('ca.pem') })
    expect((await getSecurely(server.port, client)).seen).toMatchObject({
      authorized: true,
      peerName: 'a client',
    })
    await expect(getSecurely(server.port)).rejects.toThrow()
    const stranger = { cert: pem('renewed.pem'), key: pem('renewed-key.pem') }
    await expect(getSecurely(server.port, stranger)).rejects.toThrow()
  })

  it('optional: the app sees who is authorized', async () => {
    const server = await startServer({ app: echo, ...TLS, certReqs: 'optional', caCerts: tlsFile('ca.pem') })
    expect((await getSecurely(server.port, client)).seen.authorized).toBe(true)
    expect((await getSecurely(server.port)).seen.authorized).toBe(false)
  })
})

describe('a reload', () => {
  function renewable() {
    const directory = mkdtempSync(join(tmpdir(), 'tune-tls-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const [certfile, keyfile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
    const put = (name: string, keyName = name) => {
      copyFileSync(tlsFile(`${name}.pem`), certfile)
      copyFileSync(tlsFile(`${keyName}-key.pem`), keyfile)
    }
    put('server')
    return { certfile, keyfile, put }
  }

  it('picks up a renewed certificate, under traffic, and loses nobody', async () => {
    const files = renewable()
    const { certfile, keyfile } = files
    const server = await startServer({ app: echo, workers: 2, workerClass: 'async', certfile, keyfile })
    let stopped = false
    const prints: string[] = []
    const lost: string[] = []
    const asking = times(3, async () => {
      while (!stopped)
        await getSecurely(server.port).then(
          ({ certificate }) => prints.push(certificate.fingerprint256),
          (error: unknown) => lost.push(String(error)),
        )
    })
    await until('some are served', () => prints.length > 3)
    files.put('renewed')
    server.signal('SIGHUP')
    await until('the reload is done', () => server.log().includes('Reloaded: 2 workers'))
    const { certificate } = await getSecurely(server.port)
    stopped = true
    await Promise.all(asking)
    expect(lost).toEqual([])
    expect(new Set(prints).size).toBe(2)
    expect(certificate.fingerprint256).not.toBe(prints[0])
  })

  it('with a key of another certificate is refused, and the old one is served on', async () => {
    const files = renewable()
    const { certfile, keyfile } = files
    const server = await startServer({ app: echo, certfile, keyfile })
    const { certificate } = await getSecurely(server.port)
    files.put('renewed', 'server')
    server.signal('SIGHUP')
    await until('it is refused', () => server.log().includes('Reload failed'))
    expect(server.log()).toContain('does not belong to the certificate')
    expect((await getSecurely(server.port)).certificate.fingerprint256).toBe(certificate.fingerprint256)
  })
})

describe('at the start', () => {
  const key = tlsFile('server-key.pem')
  it.each([
    [{ certfile: '/nowhere.pem', keyfile: key }, 'Cannot read certfile /nowhere.pem: there is no such file'],
    [{ certfile: tlsFile('server.pem') }, 'There is no private key in'],
    [{ certfile: key, keyfile: tlsFile('server.pem') }, 'holds no certificate'],
    [{ certfile: tlsFile('server.pem'), keyfile: tlsFile('renewed-key.pem') }, 'does not belong to'],
    [{ certfile: tlsFile('server.pem'), keyfile: tlsFile('encrypted-key.pem') }, 'is encrypted'],
    [{ ...TLS, ciphers: 'NONSENSE' }, 'OpenSSL knows none of "NONSENSE"'],
    [
      { ...TLS, ciphers: 'TLS_AES_128_GCM_SHA256', tlsMaxVersion: 'TLSv1.2' as const },
      'are of TLS 1.3 alone',
    ],
    [{ ...TLS, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', tlsMinVersion: 'TLSv1.3' as const }, 'are of TLS 1.2'],
    [{ keyfile: key }, 'keyfile means nothing without certfile'],
    [{ ...TLS, certReqs: 'required' as const }, 'certReqs required needs caCerts'],
    [{ ...TLS, tlsMinVersion: 'TLSv1.3' as const, tlsMaxVersion: 'TLSv1.2' as const }, 'is above'],
  ])('%j is refused: %s', async (settings, message) => {
    const { error, exitCode } = await failToStart(settings)
    expect(error.message).toContain(message)
    expect(exitCode).toBe(2)
  })

  it('an expired certificate is served with a warning', async () => {
    const server = await startServer({ app: echo, certfile: tlsFile('expired.pem'), keyfile: key })
    expect(server.log()).toContain('The certificate expired on Jan  1 00:00:00 2021 GMT')
    expect((await getSecurely(server.port, { rejectUnauthorized: false })).status).toBe(200)
  })
})
