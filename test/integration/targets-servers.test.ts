import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunningTarget, Target } from '../../src/experiment/ports.js'
import type { Configuration } from '../../src/result/configuration.js'
import type { ServerTargetOptions } from '../../src/targets/index.js'
import { readProcesses, treeOf } from '../../src/targets/process-tree.js'
import { fromDist } from '../helpers/dist.js'
import { async, sync, threaded } from '../helpers/documents.js'
import { waitUntilGone } from '../helpers/processes.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

const { gunicornTarget, nodeClusterTarget, pm2Target, urlTarget } =
  await fromDist<typeof import('../../src/targets/index.js')>('targets/index.js')
const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))
const never = new AbortController().signal
const request = { method: 'GET', path: '/', headers: {}, body: null }
const hasFlask = hasTool('gunicorn') && hasTool('/usr/bin/python3', '-c', 'import flask')
const hasGevent = hasFlask && hasTool('/usr/bin/python3', '-c', 'import gevent')

const options = (configuration: Configuration, app: string): ServerTargetOptions => ({
  ...{ label: 'any', workload: null, configuration, app, cwd: FIXTURES, request },
  env: { PATH: SYSTEM_PATH, PYTHONDONTWRITEBYTECODE: '1' },
})

const running: RunningTarget[] = []
afterEach(() => Promise.all(running.splice(0).map((server) => server.stop())))

/** Starts it, sees that so many workers answer, stops it, and sees that nothing is left. */
async function serves(target: Target, workers: number): Promise<void> {
  const server = await target.start(never)
  running.push(server)
  if (!('port' in server.address)) throw new Error('expected a port')
  const url = `http://127.0.0.1:${server.address.port}/burn`
  const seen = new Set<number>()
  for (let round = 0; seen.size < workers && round < 50; round++) {
    const answers = Array.from({ length: 4 * workers }, async () => Number(await (await fetch(url)).text()))
    for (const pid of await Promise.all(answers)) seen.add(pid)
  }
  expect(seen.size).toBe(workers)
  const counters = await server.counters()
  expect(counters.processes).toBeGreaterThan(workers)
  expect(counters.cpuSeconds).toBeGreaterThan(0.02)
  expect(counters.memory.workersPssBytes).toBeGreaterThan(workers * 5e6)
  const tree = treeOf((server as RunningTarget & { leaderPid: number }).leaderPid, await readProcesses())
  await server.stop()
  await waitUntilGone([...seen, ...tree.map(({ pid }) => pid)], 0)
}

describe.skipIf(!hasFlask)('gunicorn with Flask (skipped without them)', () => {
  it.each([
    ['sync', sync(2)],
    ['gthread', threaded(2, 3)],
    ['gevent', async(2)],
  ])('%s', async (name, configuration) => {
    if (name === 'gevent' && !hasGevent) return
    await serves(gunicornTarget(options(configuration, 'flask_app:app')), 2)
  })

  it('says that the app cannot be loaded, or has another name', async () => {
    for (const app of ['no_such_module:app', 'flask_app:nope']) {
      const failed = gunicornTarget(options(sync(2), app)).start(never)
      await expect(failed).rejects.toMatchObject({ code: 'TUNE_E_TARGET_DIED' })
      const { exit } = (await failed.catch((error: unknown) => error)) as { exit: number }
      expect([3, 4]).toContain(exit)
    }
  })
})

describe('node:cluster', () => {
  it('runs a script that listens', async () => {
    await serves(nodeClusterTarget(options(async(2), 'listening-app.mjs')), 2)
  })

  it('says that the script fails, or is none', async () => {
    const failed = nodeClusterTarget(options(async(2), 'no-such-app.mjs')).start(never)
    await expect(failed).rejects.toMatchObject({ code: 'TUNE_E_TARGET_DIED', exit: 3 })
    expect(() => nodeClusterTarget(options(async(1), 'app.ts'))).toThrow(/runs JavaScript/)
  })
})

describe.skipIf(!hasTool('pm2-runtime'))('pm2 (skipped without pm2-runtime)', () => {
  it('runs a script that listens, with a home of its own that goes with it', async () => {
    const homes = new Set<string>()
    const server = await pm2Target(options(async(1), 'listening-app.mjs')).start(never)
    running.push(server)
    for (const { pid } of treeOf(
      (server as unknown as { leaderPid: number }).leaderPid,
      await readProcesses(),
    )) {
      const home = await homeOf(pid)
      if (home !== undefined) homes.add(home)
    }
    await server.stop()
    expect(homes.size).toBe(1)
    expect([...homes].filter((home) => existsSync(home))).toEqual([])
    await serves(pm2Target(options(async(2), 'listening-app.mjs')), 2)
  })
})

async function homeOf(pid: number): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises')
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
  return /(?:^|\0)PM2_HOME=([^\0]*)/.exec(text)?.[1]
}

describe('a URL', () => {
  const url = (address: string, allowRemote = false) =>
    urlTarget({ label: 'u', workload: null, configuration: async(1), url: address, request, allowRemote })

  it('is measured as it runs, and left running', async () => {
    const server = await nodeClusterTarget(options(async(1), 'listening-app.mjs')).start(never)
    running.push(server)
    const address = `http://127.0.0.1:${server.address.port}`
    const seen = await url(address).start(never)
    expect(seen.address).toEqual(server.address)
    expect(await seen.counters()).toMatchObject({ cpuSeconds: null, requestsPerWorker: [] })
    await seen.stop()
    expect((await fetch(address)).status).toBe(200)
    await server.stop()
    await expect(url(address).start(never)).rejects.toMatchObject({ exit: 5 })
  })

  it('may be a unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tune-url-'))
    const socketPath = join(folder, 'app.sock')
    const target = url(`unix:${socketPath}`)
    const server = createServer((_request, response) => response.end('ok'))
    try {
      await expect(target.start(never)).rejects.toThrow(/Nothing answers at unix:/)
      await once(server.listen(socketPath), 'listening')
      expect((await target.start(never)).address).toEqual({ socketPath })
    } finally {
      server.close()
      await rm(folder, { recursive: true })
    }
  })

  it('that answers with something else than HTTP is told from one that is down', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    try {
      await expect(url(`http://127.0.0.1:${port}`).start(never)).rejects.toThrow(/gave no answer in HTTP/)
    } finally {
      server.close()
    }
  })

  it('must be of this machine, unless that was asked for, and plain HTTP without a path', () => {
    for (const address of ['http://example.com', 'http://10.0.0.1:80', 'http://127.0.0.1.example.com']) {
      expect(() => url(address)).toThrow(/not this machine/)
      expect(() => url(address, true)).not.toThrow()
    }
    for (const address of ['http://localhost:1', 'http://[::1]:1', 'http://127.8.0.1:1']) {
      expect(() => url(address)).not.toThrow()
    }
    expect(() => url('https://localhost')).toThrow(/plain HTTP/)
    expect(() => url('main:app')).toThrow(/plain HTTP/)
    expect(() => url('http://localhost/a?b')).toThrow(/holds a path/)
  })
})
