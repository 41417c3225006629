import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { existsSync } from 'node:fs'
import { failToStart, get, startServer, stopServers, times, until } from '../helpers/server.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-access-'))
})
afterEach(async () => {
  await stopServers()
  rmSync(directory, { recursive: true, force: true })
})

const lines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [])

describe.each([
  { workerClass: 'sync', workers: 2, threads: 1 },
  { workerClass: 'threaded', workers: 2, threads: 2 },
  { workerClass: 'async', workers: 2, threads: 1 },
] as const)('$workerClass', (settings) => {
  it('writes a whole line for every request, over a rotation too', async () => {
    const accessLog = join(directory, 'access.log')
    const server = await startServer({ ...settings, accessLog })
    await Promise.all(times(100, (index) => get(server.port, `/?n=${index}`)))
    await until('100 lines are there', () => lines(accessLog).length === 100)
    renameSync(accessLog, `${accessLog}.1`)
    server.signal('SIGUSR1')
    await until('there is a new file', () => existsSync(accessLog))
    await Promise.all(times(20, (index) => get(server.port, `/?n=${100 + index}`)))
    expect(await server.stop(true)).toBe(0)
    const all = [...lines(`${accessLog}.1`), ...lines(accessLog)]
    const numbers = all.map(
      (line) => /^127\.0\.0\.1 - - \[.{26}\] "GET \/\?n=(\d+) HTTP\/1\.1" 200 \d+ "-" "-"$/.exec(line)?.[1],
    )
    expect(numbers.map(Number).sort((a, b) => a - b)).toEqual(times(120, (index) => index))
    expect(lines(accessLog).length).toBeGreaterThan(0)
  })

  it('has a line for an expectation that nobody can meet, and one for a client who waits to go on', async () => {
    const accessLog = join(directory, 'access.log')
    const server = await startServer({ ...settings, accessLog })
    // A sync worker closes by itself.
    const close = settings.workerClass === 'sync' ? '' : 'Connection: close\r\n'
    expect(await exchange(server.port, 'a-miracle', close)).toMatch(/^HTTP\/1\.1 417 /)
    expect(await exchange(server.port, '100-continue', close)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /,
    )
    await until('both lines are there', () => lines(accessLog).length === 2)
    const statuses = lines(accessLog).map((line) => /" (\d{3}) /.exec(line)?.[1])
    expect(statuses.toSorted()).toEqual(['200', '417'])
    const { workers } = await server.stats()
    expect(workers.reduce((sum, { requests }) => sum + requests, 0)).toBe(2)
    expect(workers.reduce((sum, { busySlots }) => sum + busySlots, 0)).toBe(0)
  })

  it('knows of what Node answers above the limit of an app server, whose own listeners are asked', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(
      app,
      `import http from 'node:http'
       const server = http.createServer((_, response) => setTimeout(() => response.end('hello'), 50))
       server.maxRequestsPerSocket = 1
       server.on('checkExpectation', (_, response) => response.writeHead(200).end('met'))
       export default server`,
    )
    const accessLog = join(directory, 'access.log')
    const server = await startServer({ ...settings, app, accessLog, keepAliveSeconds: 60 })
    expect(await exchange(server.port, 'a-miracle', 'Connection: close\r\n')).toMatch(/ 200 [^]*\bmet\b/)
    if (settings.workerClass === 'sync') return
    // Two on one connection, the second with a body that is still coming: it ends with its answer, long before it is idle for a minute.
    const second = `POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1_000_000)}`
    const text = await exchange(
      server.port,
      '100-continue',
      '',
      `${second}GET /third HTTP/1.1\r\nHost: a\r\n\r\n`,
    )
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200', 'HTTP/1.1 503'])
    await until('there is a line for each', () => lines(accessLog).length >= 3)
    expect(lines(accessLog).filter((line) => line.includes('/second HTTP/1.1" 503 '))).toHaveLength(1)
    expect(lines(accessLog)).toHaveLength(3)
  })

  it('answers 417 again once the app has taken its listener away', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(
      app,
      `import http from 'node:http'
       const server = http.createServer((_, response) => response.end('hello'))
       server.once('checkExpectation', (_, response) => response.writeHead(200).end('met'))
       export default server`,
    )
    const server = await startServer({ ...settings, workers: 1, threads: 1, app })
    const ask = async () =>
      /^HTTP\/1\.1 (\d+)/.exec(await exchange(server.port, 'a-miracle', 'Connection: close\r\n'))?.[1]
    expect([await ask(), await ask()]).toEqual(['200', '417'])
  })

  it('writes whatever an app has made of its request', async () => {
    const app = join(directory, 'app.mjs')
    const code = 'Object.assign(request, { method: null, httpVersion: 1.1 }); response.end()'
    writeFileSync(app, `export default (request, response) => { ${code} }`)
    const accessLog = join(directory, 'access.log')
    const server = await startServer({ ...settings, workers: 1, threads: 1, app, accessLog })
    const pids = (await server.stats()).workers.map(({ pid }) => pid)
    for (const path of ['/first', '/second']) expect((await get(server.port, path)).status).toBe(200)
    await until('both lines are there', () => lines(accessLog).length === 2)
    expect(lines(accessLog).map((line) => /"(.*?)"/.exec(line)?.[1])).toEqual([
      'null /first HTTP/1.1',
      'null /second HTTP/1.1',
    ])
    expect((await server.stats()).workers.map(({ pid }) => pid)).toEqual(pids)
  })

  it('leaves in place what a tracer has put on a response when it began', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(
      app,
      `import { subscribe } from 'node:diagnostics_channel'
       subscribe('http.server.request.start', ({ response }) => {
         const { writeHead, end } = response
         response.writeHead = function (...head) {
           this.setHeader('x-traced', 'head')
           return writeHead.apply(this, head)
         }
         response.end = function () {
           return end.call(this, 'traced')
         }
       })
       export default (_, response) => response.end('plain')`,
    )
    const server = await startServer({ ...settings, app })
    const { headers, body } = await get(server.port, '/')
    expect({ header: headers['x-traced'], body }).toEqual({ header: 'head', body: 'traced' })
  })
})

/** Everything a server says until it closes, to a request with an expectation and what is sent behind it. */
function exchange(port: number, expectation: string, fields: string, behind = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = net.connect(port, '127.0.0.1')
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
    socket.setTimeout(5000, () => socket.destroy(new Error(`no end of the answer: ${text}`)))
    socket.write(`GET /x HTTP/1.1\r\nHost: a\r\nExpect: ${expectation}\r\n${fields}\r\n${behind}`)
  })
}

it('goes on in the old file when no new one may be made', async () => {
  const folder = join(directory, 'logs')
  mkdirSync(folder)
  const accessLog = join(folder, 'access.log')
  const server = await startServer({ accessLog })
  const before = (await server.stats()).workers.map(({ pid }) => pid)
  renameSync(folder, `${folder}.1`)
  server.signal('SIGUSR1')
  await until('that is said', () => server.log().includes('going on in the old file'))
  expect((await get(server.port, '/after')).status).toBe(200)
  await until('the line is there', () => lines(join(`${folder}.1`, 'access.log')).length === 1)
  expect((await server.stats()).workers.map(({ pid }) => pid)).toEqual(before)
})

it.runIf(process.getuid?.() === 0)('is made for workers that may not make files there', async () => {
  // The directory is root's alone to change, as /var/log is.
  chmodSync(directory, 0o755)
  const app = join(directory, 'app.mjs')
  writeFileSync(app, 'export default (_, response) => response.end(String(process.getuid()))')
  const accessLog = join(directory, 'access.log')
  const server = await startServer({ app, accessLog, user: '65534', group: '65534' })
  expect((await get(server.port, '/before')).body).toBe('65534')
  await until('the line is there', () => lines(accessLog).length === 1)
  renameSync(accessLog, `${accessLog}.1`)
  server.signal('SIGUSR1')
  await until('there is a new file', () => existsSync(accessLog))
  await get(server.port, '/after')
  await until(
    'the other line is in one of them',
    () => [...lines(`${accessLog}.1`), ...lines(accessLog)].length === 2,
  )
  expect(statSync(accessLog)).toMatchObject({ uid: 65534, gid: 65534 })
  expect(server.log()).not.toContain('going on in the old file')
})

it('a file that cannot be opened is one message with what to do, exit 2', async () => {
  const { error, exitCode } = await failToStart({ accessLog: join(directory, 'none', 'access.log') })
  expect(error).toMatchObject({ code: 'TUNE_E_ACCESS_LOG', exit: 2 })
  expect(error.message).toContain('Cannot open the access log: ENOENT')
  expect(error.suggestions).toHaveLength(1)
  expect(exitCode).toBe(2)
})

it('JSON to stdout', async () => {
  const server = await startServer({ accessLog: '-', accessLogFormat: 'json' })
  await get(server.port, '/wait?ms=20')
  await until('the line is there', () => server.log().includes('"url":"/wait?ms=20"'))
  const line = /^\{.*\}$/m.exec(server.log())?.[0] ?? '{}'
  const { status, tookMs } = JSON.parse(line) as { status: number; tookMs: number }
  expect(status).toBe(200)
  expect(tookMs).toBeGreaterThanOrEqual(19)
})

it('refuses a format with an unknown atom', async () => {
  const { error } = await failToStart({ accessLog: '-', accessLogFormat: '%(Z)s' })
  expect(error).toMatchObject({ code: 'TUNE_E_SETTING', exit: 2 })
})
