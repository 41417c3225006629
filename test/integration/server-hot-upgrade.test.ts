import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTune, type Running } from '../helpers/cli.js'
import { keepAsking } from '../helpers/keep-asking.js'
import { get, isGone, until as untilWithin } from '../helpers/server.js'

const GOOD = "export default (_, response) => response.end('one')"
const NEWER = "export default (_, response) => response.end('two')"

/** A second server beside the first takes its time on a busy machine. */
const PATIENCE_MS = 40_000

/** With a rest: clients without one take all cores, and the new server starves behind them while it starts. */
const CLIENTS = { closing: 3, keeping: 3, restMs: 5 }

const until = (what: string, condition: () => boolean | Promise<boolean>, limitMs = PATIENCE_MS) =>
  untilWithin(what, condition, limitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output}`)
  })

let directory: string
let running: Running
let output = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-upgrade-'))
})
afterEach(() => {
  running.reap()
  rmSync(directory, { recursive: true })
})

const pidfile = () => join(directory, 'pid')
const app = () => join(directory, 'app.mjs')
const pidIn = (path: string) => Number(readFileSync(path, 'utf8'))

interface Upgradable {
  port: number
  pid: number
}

async function serve(args: string[] = [], bind = '127.0.0.1:0'): Promise<Upgradable> {
  writeFileSync(app(), GOOD)
  const command = ['serve', app(), '--bind', bind, '--workers', '2', '--pidfile', pidfile(), ...args]
  const own = startTune(command, { cwd: directory })
  running = own
  output = ''
  // A server of the test before, ended or not, may still have something to say through the streams that it inherited.
  for (const stream of [own.child.stdout, own.child.stderr])
    stream?.on('data', (chunk: string) => (output += running === own ? chunk : ''))
  // Every worker: one that still boots would load what the test writes next.
  await until('it serves', () => output.includes('Ready: 2 workers serve'))
  const port = Number(/Listening at: http:\/\/[^:]+:(\d+)/.exec(output)?.[1] ?? 0)
  return { port, pid: running.child.pid! }
}

/** Workers that an arbiter has started and that still run, its own pid being in every line of its log. */
function workersOf(arbiter: number): number[] {
  const lines = output.matchAll(
    new RegExp(`\\[${arbiter}\\] \\[INFO\\] Booting worker with pid: (\\d+)`, 'g'),
  )
  return [...lines].map(([, pid]) => Number(pid)).filter((pid) => !isGone(pid))
}

/** Sends USR2 and waits for the new arbiter with its two workers. */
async function upgrade(old: number): Promise<number> {
  process.kill(old, 'SIGUSR2')
  await until('the new server is in the second pidfile', () => existsSync(`${pidfile()}.2`))
  const next = pidIn(`${pidfile()}.2`)
  await until('the new server has its workers', () => workersOf(next).length === 2)
  return next
}

const CLASSES = [
  ['sync', []],
  ['threaded', ['--threads', '2']],
  ['async', []],
] as const

describe('USR2', () => {
  it.each(CLASSES)('%s: a new server takes the sockets over, and no request is lost', async (name, more) => {
    const { port, pid } = await serve(['--worker-class', name, ...more])
    const asking = keepAsking({ port }, CLIENTS)
    writeFileSync(app(), NEWER)
    const next = await upgrade(pid)
    expect(pidIn(pidfile())).toBe(pid)
    const asked = asking.answered()
    await until('both have served', () => asking.answered() > asked + 100)
    process.kill(pid, 'SIGTERM')
    await until('the pidfile names the new server', () => pidIn(pidfile()) === next)
    const later = asking.answered()
    await until('the new one serves alone', () => asking.answered() > later + 100)
    const { answers, lost } = await asking.stop()
    expect(lost).toEqual([])
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(answers.at(-1)?.body).toBe('two')
    expect(workersOf(pid)).toEqual([])
    expect(existsSync(`${pidfile()}.2`)).toBe(false)
    process.kill(next, 'SIGTERM')
    await until('all are gone', () => running.alive().length === 0)
    expect(existsSync(pidfile())).toBe(false)
  })

  it('is backed out by ending the new server, without a lost request', async () => {
    const { port, pid } = await serve(['--worker-class', 'async'])
    const asking = keepAsking({ port }, CLIENTS)
    const next = await upgrade(pid)
    process.kill(next, 'SIGTERM')
    await until('the new one is gone', () => isGone(next))
    await until('the old one knows', () => output.includes('this one goes on'))
    const asked = asking.answered()
    await until('the old one serves alone', () => asking.answered() > asked + 100)
    expect((await asking.stop()).lost).toEqual([])
    expect(workersOf(pid)).toHaveLength(2)
    expect(pidIn(pidfile())).toBe(pid)
    // And again, for good.
    const third = await upgrade(pid)
    process.kill(pid, 'SIGQUIT')
    await until('the third is the server', () => pidIn(pidfile()) === third)
    expect((await get(port, '/')).status).toBe(200)
  })

  it('leaves the old server as it was when the new one does not start', async () => {
    const { port, pid } = await serve(['--worker-class', 'async'])
    const asking = keepAsking({ port }, CLIENTS)
    writeFileSync(app(), "throw new Error('no database')")
    process.kill(pid, 'SIGUSR2')
    await until('the failure is told', () => output.includes('ended with code 4; this one goes on'))
    expect(output).toContain('no database')
    const { lost } = await asking.stop()
    expect(lost).toEqual([])
    expect((await get(port, '/')).body).toBe('one')
    expect(workersOf(pid)).toHaveLength(2)
  })

  it('WINCH gives the new server all clients; when that one ends, the old workers are back', async () => {
    const { port, pid } = await serve(['--worker-class', 'async'])
    writeFileSync(app(), NEWER)
    const next = await upgrade(pid)
    const asking = keepAsking({ port }, CLIENTS)
    process.kill(pid, 'SIGWINCH')
    await until('the old workers are gone', () => workersOf(pid).length === 0)
    expect((await get(port, '/')).body).toBe('two')
    process.kill(next, 'SIGTERM')
    await until('the old workers are back', () => workersOf(pid).length === 2)
    await until('the new one is gone', () => isGone(next))
    expect((await asking.stop()).lost).toEqual([])
  })

  it('WINCH, then HUP or TTIN: the workers are back, and clients only waited', async () => {
    const { port, pid } = await serve(['--worker-class', 'async'])
    for (const signal of ['SIGHUP', 'SIGTTIN'] as const) {
      process.kill(pid, 'SIGWINCH')
      await until('the workers are gone', () => workersOf(pid).length === 0)
      const waiting = get(port, '/')
      process.kill(pid, signal)
      expect((await waiting).status).toBe(200)
      await until('both are back', () => workersOf(pid).length === 2)
    }
  })

  it('a new server outlives a killed old one, whose workers go with it', async () => {
    const { port, pid } = await serve(['--worker-class', 'async'])
    const next = await upgrade(pid)
    const old = workersOf(pid)
    process.kill(pid, 'SIGKILL')
    await until('its workers are gone', () => old.every(isGone), 2000)
    await until('the new one is the server', () => pidIn(pidfile()) === next)
    expect((await get(port, '/')).status).toBe(200)
  })

  it('keeps the file of a unix socket, and takes over the control socket', async () => {
    const socketPath = join(directory, 'app.sock')
    const control = join(directory, 'ctl')
    const { pid } = await serve(['--control-socket', control], `unix:${socketPath}`)
    const next = await upgrade(pid)
    process.kill(pid, 'SIGTERM')
    await until('the new one is the server', () => pidIn(pidfile()) === next)
    expect((await get(0, '/', { socketPath })).status).toBe(200)
    await until('the control socket is there', () => existsSync(control))
    process.kill(next, 'SIGTERM')
    await until('all are gone', () => running.alive().length === 0)
    expect(existsSync(socketPath)).toBe(false)
    expect(existsSync(control)).toBe(false)
  })
})
