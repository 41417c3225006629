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
})

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
