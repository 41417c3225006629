import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  failToStart,
  fixture,
  get,
  isGone,
  startServer,
  stopServers,
  until,
  workerPids,
} from '../helpers/server.js'

afterEach(stopServers)

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-boot-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Anybody listening on a free port, with a way to be rid of him. */
async function occupant(where: net.ListenOptions): Promise<{ port: number; leave(): Promise<void> }> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(where, resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { port, leave: () => new Promise((resolve) => server.close(() => resolve())) }
}

describe('addresses', () => {
  it('port 0 takes a free port and says which', async () => {
    const server = await startServer({ bind: ['127.0.0.1:0'] })
    expect(server.port).toBeGreaterThan(0)
    expect(server.log()).toContain(`Listening at: http://127.0.0.1:${server.port} (${server.pid})`)
    expect(server.log()).toContain('Using worker: sync')
    expect(server.log()).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[INFO\] Booting worker/m,
    )
    expect((await get(server.port, '/')).status).toBe(200)
  })

  it.each(['sync', 'threaded', 'async'] as const)(
    '%s serves on two ports and a unix socket',
    async (workerClass) => {
      const socketPath = join(directory, `${workerClass}.sock`)
      const server = await startServer({
        workerClass,
        threads: workerClass === 'threaded' ? 2 : 1,
        bind: ['127.0.0.1:0', '127.0.0.1:0', `unix:${socketPath}`],
      })
      const ports = server.ready.addresses.flatMap((address) => ('port' in address ? [address.port] : []))
      expect(new Set(ports).size).toBe(2)
      for (const port of ports) expect((await get(port, '/')).status).toBe(200)
      for (let again = 0; again < 3; again += 1) {
        expect((await get(0, '/', { socketPath })).status).toBe(200)
      }
      expect(await server.stop(true)).toBe(0)
      expect(existsSync(socketPath)).toBe(false)
    },
  )

  it('takes over the unix socket of a server that was killed', async () => {
    const socketPath = join(directory, 'stale.sock')
    const first = await startServer({ bind: [`unix:${socketPath}`] })
    const [worker] = workerPids(await first.stats())
    first.signal('SIGKILL')
    await until('the worker followed', () => isGone(worker!))
    expect(existsSync(socketPath)).toBe(true)
    await startServer({ bind: [`unix:${socketPath}`] })
    expect((await get(0, '/', { socketPath })).status).toBe(200)
  })

  it('leaves the unix socket of a server that answers alone', async () => {
    const socketPath = join(directory, 'taken.sock')
    const other = await occupant({ path: socketPath })
    const { error, exitCode } = await failToStart({ bind: [`unix:${socketPath}`] })
    expect(error).toMatchObject({ code: 'TUNE_E_ADDRESS_IN_USE', exit: 2 })
    expect(exitCode).toBe(2)
    await other.leave()
  })

  it('leaves a file that is no socket alone', async () => {
    const path = join(directory, 'notes.txt')
    writeFileSync(path, 'important')
    const { error } = await failToStart({ bind: [`unix:${path}`] })
    expect(error).toMatchObject({ code: 'TUNE_E_ADDRESS_IN_USE', exit: 2 })
    expect(existsSync(path)).toBe(true)
  })

  it('a taken port is one message, and no worker was started', async () => {
    const other = await occupant({ port: 0, host: '127.0.0.1' })
    const { error, exitCode, log } = await failToStart({ bind: [`127.0.0.1:${other.port}`], workers: 3 })
    expect(exitCode).toBe(2)
    expect(error.code).toBe('TUNE_E_ADDRESS_IN_USE')
    expect(error.message).toBe(`Cannot listen on 127.0.0.1:${other.port}: another process listens there`)
    expect(log).not.toContain('Booting')
    await other.leave()
  })

  it('a taken second address closes the first again', async () => {
    const other = await occupant({ port: 0, host: '127.0.0.1' })
    const free = await occupant({ port: 0, host: '127.0.0.1' })
    await free.leave()
    await failToStart({ bind: [`127.0.0.1:${free.port}`, `127.0.0.1:${other.port}`] })
    const again = await occupant({ port: free.port, host: '127.0.0.1' })
    await Promise.all([again.leave(), other.leave()])
  })

  it.each([
    ['203.0.113.7:8000', 'TUNE_E_ADDRESS_UNKNOWN'],
    ['no-such-host.invalid:8000', 'TUNE_E_ADDRESS_UNKNOWN'],
    ['127.0.0.1:99999', 'TUNE_E_BIND'],
    ['nonsense', 'TUNE_E_BIND'],
    ['unix:', 'TUNE_E_BIND'],
    [`unix:/${'long/'.repeat(40)}`, 'TUNE_E_BIND'],
    ['unix:/no/such/directory/app.sock', 'TUNE_E_ADDRESS_UNKNOWN'],
  ])('%s is refused with %s, exit 2', async (bind, code) => {
    const { error, exitCode } = await failToStart({ bind: [bind] })
    expect({ code: error.code, exitCode }).toEqual({ code, exitCode: 2 })
    expect(error.suggestions).toHaveLength(1)
  })
})

describe('settings', () => {
  it.each([
    [{ workers: 0 }, 'workers must be a whole number from 1 to 512, not 0'],
    [{ workers: 1.5 }, 'workers must be a whole number from 1 to 512, not 1.5'],
    [{ timeoutSeconds: -1 }, 'timeoutSeconds must be a number from 0 to 86400, not -1'],
    [{ workerClass: 'gevent' as never }, 'workerClass must be one of sync, threaded, async, not "gevent"'],
    [{ workerClass: 'sync' as const, threads: 4 }, 'worker class sync has one thread per worker, not 4'],
    [{ bind: [] }, 'bind must hold at least one address'],
    [{ bind: ['127.0.0.1:8000', 'unix:/x', '127.0.0.1:8000'] }, 'bind names 127.0.0.1:8000 twice'],
  ])('%j is refused', async (settings, message) => {
    const { error, exitCode } = await failToStart(settings)
    expect(error).toMatchObject({ code: 'TUNE_E_SETTING', message })
    expect(exitCode).toBe(2)
  })
})

describe('an app that does not start', () => {
  it.each([
    ['throws.js', 4, /the database is not there/],
    ['no-such-file.js', 4, /does not exist/],
    ['exits.js', 3, /ended with code 7 before it was ready/],
  ])('%s ends the server with code %i and one message', async (app, exit, message) => {
    const { error, exitCode, log } = await failToStart({ app: fixture(app), workers: 3 })
    expect(error.exit).toBe(exit)
    expect(exitCode).toBe(exit)
    expect(error.message).toMatch(message)
    const pids = [...log.matchAll(/Booting worker with pid: (\d+)/g)].map(([, pid]) => Number(pid))
    expect(pids.filter((pid) => !isGone(pid))).toEqual([])
  })

  it.each(['sync', 'threaded'] as const)(
    'a %s worker that is never ready ends the server after the boot timeout',
    async (workerClass) => {
      const { error, exitCode } = await failToStart({
        workerClass,
        app: fixture('never-ready.js'),
        bootTimeoutSeconds: 1,
      })
      expect(error).toMatchObject({ code: 'TUNE_E_WORKER_BOOT_TIMEOUT', exit: 3 })
      expect(exitCode).toBe(3)
    },
  )
})

describe('without koffi', () => {
  it.each(['sync', 'threaded', 'async'] as const)(
    '%s serves without admission and says so',
    async (workerClass) => {
      const socketPath = join(directory, `plain-${workerClass}.sock`)
      const threads = workerClass === 'threaded' ? 2 : 1
      const bind = ['127.0.0.1:0', `unix:${socketPath}`]
      const server = await startServer({ workerClass, threads, workers: 2, bind }, { TUNE_NATIVE: 'off' })
      expect(server.log()).toContain('Running without admission')
      const answers = await Promise.all(Array.from({ length: 20 }, () => get(server.port, '/wait?ms=10')))
      expect(answers.every((answer) => answer.status === 200)).toBe(true)
      expect((await get(0, '/', { socketPath })).status).toBe(200)
      expect(await server.stop(true)).toBe(0)
    },
  )
})
