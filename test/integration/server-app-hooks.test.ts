import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { failToStart, fixture, get, startServer, stopServers, until, workerPids } from '../helpers/server.js'

let directory: string
let app: string
let notes: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-hooks-'))
  app = join(directory, 'app.mjs')
  notes = join(directory, 'notes')
  writeFileSync(notes, '')
})
afterEach(async () => {
  await stopServers()
  rmSync(directory, { recursive: true })
})

const written = () => readFileSync(notes, 'utf8').split('\n').filter(Boolean).sort()

function write(source: string): void {
  const head = `import { appendFileSync } from 'node:fs'
    import { setTimeout as sleep } from 'node:timers/promises'
    const note = (text) => appendFileSync(${JSON.stringify(notes)}, text + '\\n')
    let up = false
    export default async (request, response) => {
      if (request.url === '/slow') await sleep(500)
      response.end(String(up))
    }\n`
  writeFileSync(app, head + source)
}

const CLASSES: { name: string; settings: Partial<ServerSettings>; loops: number }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 }, loops: 2 },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 1, threads: 2 }, loops: 2 },
  { name: 'async', settings: { workerClass: 'async', workers: 2 }, loops: 2 },
]

describe.each(CLASSES)("$name: the app's hooks", ({ settings, loops }) => {
  it('run before the first request and after the last, and open handles hold nothing up', async () => {
    write(`export async function onStartup() { await sleep(50); up = true; setInterval(() => {}, 1000); note('up') }
      export async function onShutdown() { up = false; await sleep(50); note('down') }`)
    const server = await startServer({ ...settings, app })
    expect(written()).toEqual(Array.from({ length: loops }, () => 'up'))
    const slow = get(server.port, '/slow')
    await until('it is being served', async () =>
      (await server.stats()).workers.some(({ busySlots }) => busySlots > 0),
    )
    expect(await server.stop(true)).toBe(0)
    expect((await slow).body).toBe('true')
    expect(written()).toEqual([
      ...Array.from({ length: loops }, () => 'down'),
      ...Array.from({ length: loops }, () => 'up'),
    ])
    expect(server.log()).not.toContain('did not finish in time')
  })

  it('end the server with exit 4 when the start fails', async () => {
    write("export function onStartup() { throw new Error('no migrations') }")
    const { error, exitCode } = await failToStart({ ...settings, app })
    expect(error.message).toContain('no migrations')
    expect(exitCode).toBe(4)
  })
})

it('a shutdown that never ends is over after the graceful timeout', async () => {
  write('export const onShutdown = () => new Promise(() => {})')
  const server = await startServer({ app, gracefulTimeoutSeconds: 1 })
  expect(await server.stop(true)).toBe(0)
  expect(server.log()).toContain('did not finish in time, killing')
})

it('a hook that is no function is refused', async () => {
  write('export const onStartup = 5')
  const { error, exitCode } = await failToStart({ app })
  expect(error.message).toContain('its export onStartup is no function')
  expect(exitCode).toBe(4)
})

describe('an app that crashes again and again after it was ready', () => {
  it('is started at the rate of the budget once that is used up, and its siblings serve', async () => {
    const server = await startServer({
      app: fixture('serve.js'),
      workers: 2,
      restartBudget: 2,
      restartWindowSeconds: 3600,
    })
    for (let death = 0; death < 3; death += 1) {
      await until('one is ready for a while', async () => {
        const { workers } = await server.stats()
        return workers.length === 2 && workers.every(({ state }) => state === 'ready')
      })
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const [victim] = workerPids(await server.stats())
      process.kill(victim!, 'SIGKILL')
      await until('it is missed', async () => (await server.stats()).restarts === death + 1)
    }
    expect(server.log()).toContain('[CRITICAL] Workers die faster than 2 in 3600 s')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const stats = await server.stats()
    expect(stats.workers).toHaveLength(1)
    expect(stats).toMatchObject({ restartBudgetLeft: 0, restartReasons: { crash: 3 }, target: 2 })
    expect((await get(server.port, '/')).status).toBe(200)
  })
})

it.skipIf(process.platform !== 'linux')('processes say what they are (read from /proc)', async () => {
  const server = await startServer({ procName: 'shop', workers: 1 })
  const title = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[0]
  const [worker] = workerPids(await server.stats())
  expect(title(server.pid)).toBe('tune: arbiter [shop]')
  expect(title(worker!)).toBe('tune: worker 1 [shop]')
})
