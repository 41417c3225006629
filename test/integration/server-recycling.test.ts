import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepAsking } from '../helpers/keep-asking.js'
import {
  failToStart,
  fixture,
  get,
  sleep,
  startServer,
  stopServers,
  times,
  until,
  workerPids,
} from '../helpers/server.js'

afterEach(stopServers)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-recycle-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const CLASSES = [
  { workerClass: 'sync', workers: 2, threads: 1 },
  { workerClass: 'threaded', workers: 2, threads: 2 },
  { workerClass: 'async', workers: 2, threads: 1 },
] as const

const app = fixture('ages.js')
const replaced = (log: string) => [...log.matchAll(/is replaced: it (\w+)/g)].map(([, why]) => why)

describe.each(CLASSES)('$workerClass', (settings) => {
  it('replaces workers after their requests, one at a time, and loses none', async () => {
    const server = await startServer({ ...settings, app, maxRequests: 50, maxRequestsJitter: 10 })
    const asking = keepAsking(server, { closing: 2, keeping: 4 })
    let most = 0
    await until(
      'six workers have been replaced',
      async () => {
        most = Math.max(
          most,
          (await server.stats()).workers.filter(({ state }) => state !== 'draining').length,
        )
        return replaced(server.log()).length >= 6
      },
      40_000,
    )
    const { answers, lost } = await asking.stop()
    expect(lost).toEqual([])
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(new Set(replaced(server.log()))).toEqual(new Set(['answered']))
    expect(most).toBeLessThanOrEqual(3)
    // Planned replacements are no failures.
    expect((await server.stats()).restarts).toBe(0)
  })

  it('answers for an app that does not, and goes on', async () => {
    const server = await startServer({ ...settings, app, requestTimeoutSeconds: 0.3 })
    const [never, half] = await Promise.all([
      get(server.port, '/never?secret=1'),
      get(server.port, '/half').catch(() => 'broken off'),
    ])
    expect(never.status).toBe(503)
    expect(half).toBe('broken off')
    expect((await Promise.all(times(8, () => get(server.port, '/')))).map(({ status }) => status)).toEqual(
      times(8, () => 200),
    )
    expect((await server.stats()).workers.reduce((sum, worker) => sum + worker.timedOut, 0)).toBe(2)
    expect(server.log()).toMatch(/REQUEST TIMEOUT GET \/never after \d+ ms/)
    expect(server.log()).not.toContain('secret')
  })
})

it('replaces a worker that leaks, and loses no request', async () => {
  const limit = 160 * 1024 * 1024
  const server = await startServer({ app, workerClass: 'async', workers: 2, maxMemoryBytes: limit })
  const asking = keepAsking(server, { closing: 1, keeping: 1 })
  for (const path of times(80, () => '/leak')) await get(server.port, path)
  await until('a worker has been replaced', () => replaced(server.log()).length > 0, 30_000)
  expect((await asking.stop()).lost).toEqual([])
  expect(server.log()).toMatch(/is replaced: it holds \d+ MiB, more than 160 MiB/)
})

it('says that no worker fits below the limit, and does not replace one after the other', async () => {
  const limit = 10 * 1024 * 1024
  const server = await startServer({ app, workerClass: 'async', workers: 1, maxMemoryBytes: limit })
  const [first] = workerPids(await server.stats())
  await until('it was said', () => server.log().includes('--max-memory 10 MiB is less than'))
  for (const path of times(20, () => '/')) await get(server.port, path)
  await sleep(5000)
  expect(workerPids(await server.stats())).toEqual([first])
  expect(replaced(server.log())).toEqual([])
  expect(server.log().match(/is less than a fresh worker takes/g)).toHaveLength(1)
})

it('replaces workers of age', async () => {
  const server = await startServer({ app, workers: 2, maxLifetimeSeconds: 1 })
  const asking = keepAsking(server)
  await until('three have been replaced', () => replaced(server.log()).length >= 3)
  expect((await asking.stop()).lost).toEqual([])
  expect(new Set(replaced(server.log()))).toEqual(new Set(['lived']))
})

describe('the pidfile', () => {
  it('names the arbiter while it runs, replaces a stale one, and respects a living one', async () => {
    const pidfile = join(directory, 'tune.pid')
    writeFileSync(pidfile, '999999999\n')
    const server = await startServer({ app, pidfile })
    expect(readFileSync(pidfile, 'utf8')).toBe(`${server.pid}\n`)
    const { error } = await failToStart({ app, pidfile })
    expect(error).toMatchObject({ code: 'TUNE_E_PIDFILE', exit: 2 })
    expect(readFileSync(pidfile, 'utf8')).toBe(`${server.pid}\n`)
    expect(await server.stop(true)).toBe(0)
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('a worker that is silent', () => {
  it('leaves a report before it is killed, and another takes its place', async () => {
    const server = await startServer({ workers: 2, timeoutSeconds: 1, reportDir: directory })
    const broken = get(server.port, '/block?ms=60000').catch(() => 'broken')
    await until('the report is there', () => readdirSync(directory).length === 1)
    expect(await broken).toBe('broken')
    const report = JSON.parse(readFileSync(join(directory, readdirSync(directory)[0]!), 'utf8'))
    expect(report).toMatchObject({ event: 'worker-timeout', state: 'ready' })
    expect(report.silentMs).toBeGreaterThan(1000)
    expect(report.diagnosis).toContain('endless loop')
    await until('both serve again', async () => {
      const { workers } = await server.stats()
      return workers.length === 2 && workers.every(({ state }) => state === 'ready')
    })
    expect(workerOf(server.log())).toContain(String(report.pid))
  })
})

function workerOf(log: string): string[] {
  return [...log.matchAll(/WORKER TIMEOUT \(pid:(\d+)\)/g)].map(([, pid]) => pid!)
}

describe.skipIf(process.getuid?.() !== 0)('as root (skipped for other users)', () => {
  it('runs the workers as another user, and makes the socket theirs, with the umask', async () => {
    const socketPath = join(directory, 'app.sock')
    const open = join(directory, 'open.mjs')
    writeFileSync(
      open,
      'export default (_, response) => response.end(`${process.getuid()}:${process.getgid()}`)',
    )
    const bind = ['127.0.0.1:0', `unix:${socketPath}`]
    const { chmodSync } = await import('node:fs')
    chmodSync(directory, 0o755)
    const server = await startServer({
      app: open,
      bind,
      cwd: directory,
      user: '65534',
      group: '65534',
      umask: 0o077,
    })
    expect((await get(server.port, '/')).body).toBe('65534:65534')
    const { mode, uid, gid } = statSync(socketPath)
    expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o700, uid: 65534, gid: 65534 })
  })

  it('refuses a user that does not exist', async () => {
    const { error } = await failToStart({ app, user: 'nobody-of-that-name' })
    expect(error).toMatchObject({ code: 'TUNE_E_IDENTITY', exit: 2 })
  })
})
