import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSettings } from '../../src/server/index.js'
import { keepAsking } from '../helpers/keep-asking.js'
import {
  get,
  isGone,
  sleep,
  startServer,
  stopServers,
  times,
  until,
  workerPids,
  type TestServer,
} from '../helpers/server.js'

afterEach(stopServers)

const CLASSES: { name: string; settings: Partial<ServerSettings> }[] = [
  { name: 'sync', settings: { workerClass: 'sync', workers: 2 } },
  { name: 'threaded', settings: { workerClass: 'threaded', workers: 2, threads: 2 } },
  { name: 'async', settings: { workerClass: 'async', workers: 2 } },
]

/** An app file that a test can replace, answering with a text. */
function replaceableApp(): { path: string; answer(text: string): void; write(code: string): void } {
  const directory = mkdtempSync(join(tmpdir(), 'tune-reload-'))
  const path = join(directory, 'app.mjs')
  cleanups.push(() => rmSync(directory, { recursive: true }))
  const write = (code: string) => writeFileSync(path, code)
  return { path, write, answer: (text) => write(`export default (_, response) => response.end('${text}')`) }
}
const cleanups: (() => void)[] = []
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()))

async function readyPids(server: TestServer): Promise<number[]> {
  return (await server.stats()).workers
    .filter((worker) => worker.state === 'ready')
    .map((worker) => worker.pid)
}

describe('stopping', () => {
  it.each(CLASSES)(
    '$name: TERM answers what is under way and what is queued, then exits 0',
    async ({ settings }) => {
      const server = await startServer(settings)
      const pids = workerPids(await server.stats())
      // More than the capacity of sync and threaded: the rest is in the kernel's queue when the signal comes.
      const requests = times(12, () => get(server.port, '/wait?ms=200'))
      await sleep(100)
      server.signal('SIGTERM')
      const answers = await Promise.all(requests)
      expect(answers.map((answer) => answer.status)).toEqual(times(12, () => 200))
      expect(await server.exited).toBe(0)
      expect(pids.filter((pid) => !isGone(pid))).toEqual([])
      expect(server.log()).toContain('Handling signal: term')
      expect(server.log()).toContain('Shutting down: Master')
    },
  )

  it.each(['SIGINT', 'SIGQUIT'] as const)('%s does not wait for requests', async (signal) => {
    const server = await startServer({ workers: 2 })
    const request = get(server.port, '/wait?ms=60000').then(
      () => 'answered',
      () => 'broken',
    )
    await sleep(100)
    server.signal(signal)
    expect(await server.exited).toBe(0)
    expect(await request).toBe('broken')
  })

  it('kills what does not finish within the graceful timeout', async () => {
    const server = await startServer({ workers: 1, gracefulTimeoutSeconds: 0.5 })
    const request = get(server.port, '/wait?ms=60000').catch(() => 'broken')
    await sleep(100)
    expect(await server.stop(true)).toBe(0)
    expect(await request).toBe('broken')
    expect(server.log()).toContain('did not finish in time')
  })

  it('a second TERM does not wait any longer', async () => {
    const server = await startServer({ workers: 1, gracefulTimeoutSeconds: 600 })
    const request = get(server.port, '/wait?ms=600000').catch(() => 'broken')
    await sleep(100)
    server.signal('SIGTERM')
    await sleep(200)
    server.signal('SIGTERM')
    expect(await server.exited).toBe(0)
    expect(await request).toBe('broken')
  })
})

describe('a worker that dies', () => {
  it.each(CLASSES)('$name: is replaced after kill -9', async ({ settings }) => {
    const server = await startServer(settings)
    const [victim, sibling] = workerPids(await server.stats())
    process.kill(victim!, 'SIGKILL')
    await until('there are two workers again', async () => {
      const pids = await readyPids(server)
      return pids.length === 2 && !pids.includes(victim!)
    })
    const stats = await server.stats()
    expect(stats.restarts).toBe(1)
    expect(workerPids(stats)).toContain(sibling)
    expect(stats.workers.map((worker) => worker.nr).sort()).toEqual([1, 2])
    expect(server.log()).toContain(`Worker (pid:${victim}) was sent SIGKILL! Perhaps out of memory?`)
  })

  it.each(CLASSES)('$name: takes nobody else with it when the app ends the process', async ({ settings }) => {
    const server = await startServer(settings)
    const asking = keepAsking(server, { restMs: 2 })
    await get(server.port, '/crash').catch(() => undefined)
    await until('the crash was noticed', async () => (await server.stats()).restarts === 1)
    await until('there are two workers again', async () => (await readyPids(server)).length === 2)
    const { answers, lost } = await asking.stop()
    expect(answers.length).toBeGreaterThan(0)
    // async holds other clients' connections beside the one that crashed it; sync and threaded hold none.
    if (settings.workerClass === 'sync') expect(lost).toEqual([])
    expect(server.log()).toContain('exited with code 9')
  })

  it('TERM sent to a worker lets it finish, and it is replaced', async () => {
    const server = await startServer({ workers: 1, workerClass: 'async' })
    const [pid] = workerPids(await server.stats())
    const request = get(server.port, '/wait?ms=500')
    await sleep(100)
    process.kill(pid!, 'SIGTERM')
    expect((await request).status).toBe(200)
    await until('another worker serves', async () => (await readyPids(server)).some((other) => other !== pid))
    expect((await get(server.port, '/')).status).toBe(200)
  })
})

describe('TTIN and TTOU', () => {
  it('change the number of workers, never below one, and survive a reload', async () => {
    const server = await startServer({ workers: 1 })
    server.signal('SIGTTIN')
    await until('there are two workers', async () => (await readyPids(server)).length === 2)
    const before = await readyPids(server)
    server.signal('SIGHUP')
    await until('both were replaced', async () => {
      const pids = await readyPids(server)
      return pids.length === 2 && pids.every((pid) => !before.includes(pid))
    })
    for (const expected of [1, 1]) {
      server.signal('SIGTTOU')
      await until('one worker is left', async () => (await server.stats()).workers.length === expected)
    }
    expect((await get(server.port, '/')).status).toBe(200)
    expect((await server.stats()).restarts).toBe(0)
  })
})

describe('HUP', () => {
  it.each(CLASSES)('$name: replaces all workers under traffic and loses nothing', async ({ settings }) => {
    const app = replaceableApp()
    app.answer('old')
    const server = await startServer({ ...settings, app: app.path })
    const before = workerPids(await server.stats())
    const asking = keepAsking(server, { restMs: 2 })
    await sleep(100)
    app.answer('new')
    server.signal('SIGHUP')
    let most = 0
    await until('all workers are new', async () => {
      const { workers } = await server.stats()
      most = Math.max(most, workers.length)
      const ready = workers.filter((worker) => worker.state === 'ready')
      return workers.length === 2 && ready.length === 2 && ready.every(({ pid }) => !before.includes(pid))
    })
    expect((await get(server.port, '/')).body).toBe('new')
    const { answers, lost } = await asking.stop()
    expect(lost).toEqual([])
    expect(new Set(answers.map((answer) => answer.body))).toEqual(new Set(['old', 'new']))
    expect(most).toBeLessThanOrEqual(3)
    expect((await server.stats()).restarts).toBe(0)
  })

  it('with an app that no longer starts keeps the old workers, and works once it is repaired', async () => {
    const app = replaceableApp()
    app.answer('old')
    const server = await startServer({ app: app.path, workers: 2 })
    const before = workerPids(await server.stats())
    app.write('throw new Error("broken on purpose")')
    server.signal('SIGHUP')
    await until('the reload is given up', () => server.log().includes('Reload aborted'))
    expect(server.log()).toContain('broken on purpose')
    expect((await server.stats()).restarts).toBe(0)
    expect(workerPids(await server.stats())).toEqual(before)
    expect((await get(server.port, '/')).body).toBe('old')
    app.answer('repaired')
    server.signal('SIGHUP')
    await until('all workers are new', async () => {
      const pids = await readyPids(server)
      return pids.length === 2 && pids.every((pid) => !before.includes(pid))
    })
    expect((await get(server.port, '/')).body).toBe('repaired')
  })

  it('with an app whose file is gone keeps the old workers', async () => {
    const app = replaceableApp()
    app.answer('old')
    const server = await startServer({ app: app.path, workers: 1 })
    const before = workerPids(await server.stats())
    rmSync(app.path)
    server.signal('SIGHUP')
    await until('the reload is refused', () => server.log().includes('Reload failed'))
    expect(workerPids(await server.stats())).toEqual(before)
    expect((await get(server.port, '/')).body).toBe('old')
  })
})

describe('an app that stops starting while its workers die', () => {
  it('is tried again ever more slowly while the siblings serve, and comes back by itself', async () => {
    const app = replaceableApp()
    app.answer('up')
    const server = await startServer({ app: app.path, workers: 2 })
    const [victim] = workerPids(await server.stats())
    app.write('throw new Error("no database")')
    process.kill(victim!, 'SIGKILL')
    await until('a few attempts failed', () => server.log().split('failed to boot').length > 3)
    expect((await get(server.port, '/')).body).toBe('up')
    app.answer('up')
    await until('there are two workers again', async () => (await readyPids(server)).length === 2)
    expect(await server.stop(true)).toBe(0)
  })
})

describe('a blocked event loop', () => {
  it.each(CLASSES)('$name: is replaced after the timeout, the others serve on', async ({ settings }) => {
    // One second is what a busy machine may keep a healthy loop waiting.
    const server = await startServer({ ...settings, timeoutSeconds: 2, gracefulTimeoutSeconds: 1 })
    const before = workerPids(await server.stats())
    const blocked = get(server.port, '/block?ms=600000').then(
      () => 'answered',
      () => 'broken',
    )
    await until('it was noticed', () => server.log().includes('WORKER TIMEOUT'))
    expect((await get(server.port, '/')).status).toBe(200)
    expect(await blocked).toBe('broken')
    await until('there are two workers again', async () => {
      const { workers } = await server.stats()
      return workers.length === 2 && workers.every((worker) => worker.state === 'ready')
    })
    const after = workerPids(await server.stats())
    expect(after.filter((pid) => before.includes(pid))).toHaveLength(1)
    expect((await server.stats()).restarts).toBe(1)
  })

  it('is left alone with timeout 0, and its last figures are reported as stale', async () => {
    const server = await startServer({ workers: 1, timeoutSeconds: 0 })
    const blocked = get(server.port, '/block?ms=2000')
    await sleep(100)
    const [worker] = (await server.stats()).workers
    expect(worker).toMatchObject({ stale: true, state: 'ready' })
    expect((await blocked).status).toBe(200)
    expect((await server.stats()).workers[0]).toMatchObject({ stale: false, requests: 1, pid: worker!.pid })
  })
})

describe('stats', () => {
  it.each(CLASSES)('$name: count requests, slots, CPU and loops of each worker', async ({ settings }) => {
    const server = await startServer(settings)
    await Promise.all(times(30, () => get(server.port, '/')))
    const answered = async () =>
      (await server.stats()).workers.reduce((sum, worker) => sum + worker.requests, 0)
    // A client may have his answer a moment before its thread has counted it.
    await until('all requests are counted', async () => (await answered()) === 30)
    const stats = await server.stats()
    expect(stats.arbiter.pid).toBe(server.pid)
    const loops = settings.threads ?? 1
    for (const worker of stats.workers) {
      expect(worker.requestsPerLoop).toHaveLength(loops)
      expect(worker.loops).toHaveLength(loops)
      expect(worker.loops.every((loop) => loop.activeMs > 0 && loop.idleMs >= 0)).toBe(true)
      expect(worker.totalSlots).toBe(settings.workerClass === 'async' ? 1000 : loops)
      expect(worker.cpuUserUs + worker.cpuSystemUs).toBeGreaterThan(0)
    }
  })
})
