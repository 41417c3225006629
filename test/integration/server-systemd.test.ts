import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failToStart, fixture, get, isGone, sleep, until } from '../helpers/server.js'

const SUPERVISOR = fileURLToPath(new URL('../fixtures/supervisor.py', import.meta.url))
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const hasPython = spawnSync('python3', ['--version']).status === 0
const APP = fixture('serve.js')

interface Line {
  ports?: number[]
  pid?: number
  notify?: string
  exit?: number
}

interface Supervised {
  lines: Line[]
  notes: () => string[]
  log: () => string
  pid: () => number
  port: () => number
  exit: () => Promise<number | undefined>
}

let directory: string
let child: ChildProcess | null = null
let started: Supervised | null = null

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-systemd-'))
})
afterEach(() => {
  const pid = started?.lines.find((line) => line.pid !== undefined)?.pid
  const ended = started?.lines.some((line) => line.exit !== undefined) ?? true
  if (pid !== undefined && !ended) process.kill(pid, 'SIGKILL')
  child?.kill('SIGKILL')
  rmSync(directory, { recursive: true })
})

function supervise(options: object, args: string[]): Supervised {
  const given = { notify: join(directory, 'notify'), ...options }
  const command = [process.execPath, BIN, 'serve', ...args]
  const process_ = spawn('python3', [SUPERVISOR, JSON.stringify(given), ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: directory,
    env: { ...process.env, NO_COLOR: '1', PORT: '', WEB_CONCURRENCY: '' },
  })
  child = process_
  const lines: Line[] = []
  let log = ''
  createInterface({ input: process_.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line))
  process_.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  started = {
    lines,
    notes: () => lines.flatMap(({ notify }) => notify ?? []),
    log: () => log,
    pid: () => lines.find((line) => line.pid !== undefined)?.pid ?? 0,
    port: () => lines.find((line) => line.ports !== undefined)?.ports?.[0] ?? 0,
    exit: async () => {
      await until('the server has ended', () => lines.some((line) => line.exit !== undefined))
      return lines.at(-1)?.exit
    },
  }
  return started
}

const isReady = (server: Supervised) => server.notes().some((note) => note.startsWith('READY=1'))

describe.skipIf(!hasPython)('under a supervisor like systemd (needs python3 to play it)', () => {
  it('serves on the sockets it was started with, in place of bind, and reports readiness once workers serve', async () => {
    const socketPath = join(directory, 'app.sock')
    const server = supervise({ tcp: 2, unix: [socketPath] }, [APP, '--workers', '2', '--bind', '127.0.0.1:1'])
    await until('it is ready', () => isReady(server))
    expect(server.notes()[0]).toBe('READY=1\nSTATUS=2 workers serve')
    expect(server.log()).toContain('with the sockets of the supervisor')
    const ports = server.lines[0]!.ports!
    for (const port of ports) {
      expect(server.log()).toContain(`http://127.0.0.1:${port}`)
      expect((await get(port, '/')).status).toBe(200)
    }
    expect((await get(0, '/', { socketPath })).status).toBe(200)
    process.kill(server.pid(), 'SIGTERM')
    expect(await server.exit()).toBe(0)
    expect(server.notes().at(-1)).toBe('STOPPING=1\nSTATUS=Stopping')
    // It belongs to the supervisor.
    expect(existsSync(socketPath)).toBe(true)
  })

  it('sends to an abstract address, around a reload, and for the watchdog', async () => {
    const notify = `@tune-test-${process.pid}-${Date.now()}`
    const server = supervise({ notify, watchdogUsec: 800_000 }, [APP, '--bind', '127.0.0.1:0'])
    await until('it is ready', () => isReady(server))
    const beats = () => server.notes().filter((note) => note === 'WATCHDOG=1').length
    await until('it lives', () => beats() > 3)
    process.kill(server.pid(), 'SIGHUP')
    await until('it has reloaded', () => server.notes().includes('READY=1\nSTATUS=Reloaded'))
    const notes = server.notes().filter((note) => note !== 'WATCHDOG=1')
    expect(notes[1]).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=Reloading$/)
    expect(notes[2]).toBe('READY=1\nSTATUS=Reloaded')
    process.kill(server.pid(), 'SIGTERM')
    expect(await server.exit()).toBe(0)
  })

  it('does not report readiness when no worker starts', async () => {
    const server = supervise({}, [fixture('throws.js'), '--bind', '127.0.0.1:0'])
    expect(await server.exit()).toBe(4)
    expect(server.notes().filter((note) => note.startsWith('READY'))).toEqual([])
  })

  it('names the new main process in an upgrade, which inherits the sockets', async () => {
    const server = supervise({ tcp: 1 }, [APP])
    await until('it is ready', () => isReady(server))
    process.kill(server.pid(), 'SIGUSR2')
    await until(
      'the new one is ready',
      () => server.notes().filter((note) => note.startsWith('READY')).length === 2,
    )
    const next = Number(/the new server is process (\d+)/.exec(server.log())?.[1])
    process.kill(server.pid(), 'SIGTERM')
    expect(await server.exit()).toBe(0)
    try {
      expect(server.notes()).toContain(`MAINPID=${next}\nREADY=1`)
      expect(server.notes()).not.toContain('STOPPING=1\nSTATUS=Stopping')
      expect((await get(server.port(), '/')).status).toBe(200)
    } finally {
      process.kill(next, 'SIGTERM')
      await until('the new one is gone', () => isGone(next))
    }
  })

  it('leaves sockets alone that are meant for another process, and keeps the variables from the app', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(app, 'export default (_, res) => res.end(JSON.stringify(process.env))')
    const server = supervise({ tcp: 1, wrongPid: true }, [app, '--bind', '127.0.0.1:0'])
    await until('it is ready', () => isReady(server))
    const port = Number(/Listening at: http:\/\/127.0.0.1:(\d+)/.exec(server.log())?.[1])
    expect(port).not.toBe(server.port())
    const env = JSON.parse((await get(port, '/')).body) as Record<string, string>
    for (const name of ['LISTEN_FDS', 'LISTEN_PID', 'NOTIFY_SOCKET']) expect(env).not.toHaveProperty(name)
    process.kill(server.pid(), 'SIGTERM')
    await server.exit()
  })

  it('--bind fd://N takes a descriptor by number', async () => {
    const server = supervise({ tcp: 1, wrongPid: true }, [APP, '--bind', 'fd://3'])
    await until('it is ready', () => isReady(server))
    expect((await get(server.port(), '/')).status).toBe(200)
    process.kill(server.pid(), 'SIGTERM')
    await server.exit()
  })
})

describe('--bind fd://', () => {
  it.each([
    ['fd://2', 'TUNE_E_BIND'],
    ['fd://x', 'TUNE_E_BIND'],
    ['fd://999', 'TUNE_E_INHERITED_SOCKET'],
  ])('%s is refused with %s, exit 2', async (bind, code) => {
    const { error, exitCode } = await failToStart({ bind: [bind] })
    expect({ code: error.code, exitCode }).toEqual({ code, exitCode: 2 })
  })
})

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

function asProcess1(args: string[]) {
  const server = [process.execPath, BIN, 'serve', '--bind', '127.0.0.1:0', ...args]
  return spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', ...server], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PORT: '', WEB_CONCURRENCY: '' },
  })
}

/** User and system time, in steps of 10 ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  const [utime, stime] = fields.slice(11)
  return 10 * (Number(utime) + Number(stime))
}

/** The namespace's first process is the only child of unshare. */
function firstIn(unshare: ChildProcess): number {
  return Number(
    readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8').trim().split(' ')[0],
  )
}

describe.skipIf(!canUnshare)('as process 1 (needs the permission to make a PID namespace)', () => {
  it('reaps adopted orphans, keeps its workers, and stops on TERM', async () => {
    const app = join(directory, 'app.mjs')
    // The shell in the middle ends at once; what it leaves behind is adopted by process 1 and ends soon after.
    writeFileSync(
      app,
      `import { spawn } from 'node:child_process'
       import { readdirSync, readFileSync } from 'node:fs'
       const zombies = () => readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
         try { return readFileSync('/proc/' + pid + '/stat', 'latin1') } catch { return '' }
       }).filter((stat) => / Z 1 /.test(stat)).length
       export default (req, res) => {
         if (req.url === '/zombies') return res.end(JSON.stringify({ zombies: zombies(), parent: process.ppid }))
         spawn('sh', ['-c', '(sleep 0.2; exit 3) & (sleep 0.3) &']).once('close', () => res.end())
       }`,
    )
    const process_ = asProcess1([app, '--workers', '2'])
    child = process_
    let log = ''
    process_.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
    const exited = new Promise<number | null>((resolve) => process_.once('exit', (code) => resolve(code)))
    await until('it serves', () => log.split('Booting worker').length === 3)
    const port = Number(/Listening at: http:\/\/127.0.0.1:(\d+) \(1\)/.exec(log)?.[1])
    for (let round = 0; round < 5; round += 1) expect((await get(port, '/')).status).toBe(200)
    const state = async () =>
      JSON.parse((await get(port, '/zombies')).body) as { zombies: number; parent: number }
    let most = 0
    await until('there were orphans', async () => (most = Math.max(most, (await state()).zombies)) > 0)
    await until('no zombie is left', async () => (await state()).zombies === 0)
    expect((await state()).parent).toBe(1)
    expect(log).not.toContain('exited with')
    process.kill(firstIn(process_), 'SIGTERM')
    expect(await exited).toBe(0)
  })
  // Node itself computes for some 50 ms until it runs a line of ours, and nobody can answer before. By the clock that may be a second.
  it.each([0, 80, 180])(
    'ends cleanly when it is told to stop %d ms after it began to run',
    async (afterMs) => {
      const process_ = asProcess1([APP])
      child = process_
      const exited = new Promise<number | null>((resolve) => process_.once('exit', (code) => resolve(code)))
      await until('it runs', () => firstIn(process_) > 0 && cpuMsOf(firstIn(process_)) >= 120)
      await sleep(afterMs)
      process.kill(firstIn(process_), 'SIGTERM')
      expect(await Promise.race([exited, sleep(5000).then(() => 'still running')])).toBe(0)
    },
  )
})
