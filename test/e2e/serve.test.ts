import { spawn, type ChildProcess } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fixture, get, isGone, times, until } from '../helpers/server.js'

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const APP = fixture('serve.js')

interface Run {
  child: ChildProcess
  stdout(): string
  stderr(): string
  exited: Promise<number | null>
}

const running = new Set<ChildProcess>()
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-serve-'))
})
afterEach(async () => {
  for (const child of running) {
    const ended = child.exitCode !== null || child.signalCode !== null
    if (!ended && child.kill('SIGKILL')) await new Promise((resolve) => child.once('exit', resolve))
  }
  running.clear()
  rmSync(directory, { recursive: true })
})

function tune(args: string[], env: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, [BIN, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: directory,
    env: { ...process.env, NO_COLOR: '1', PORT: '', WEB_CONCURRENCY: '', ...env },
  })
  running.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  return { child, stdout: () => stdout, stderr: () => stderr, exited }
}

function pids(run: Run): number[] {
  return [...run.stderr().matchAll(/Booting worker with pid: (\d+)/g)].map(([, pid]) => Number(pid))
}

/** The port it listens on, once it does. */
async function portOf(run: Run): Promise<number> {
  await until('it listens', () => run.stderr().includes('Booting worker'))
  return Number(/Listening at: http:\/\/[^:]+:(\d+)/.exec(run.stderr())?.[1])
}

describe('tune serve', () => {
  it('serves, logs like Gunicorn, and stops on TERM with exit 0', async () => {
    const run = tune([
      APP,
      '--bind',
      '127.0.0.1:0',
      '--workers',
      '2',
      '--worker-class',
      'threaded',
      '--threads',
      '2',
    ])
    const port = await portOf(run)
    const answers = await Promise.all(times(10, () => get(port, '/wait?ms=50')))
    expect(answers.every((answer) => answer.status === 200)).toBe(true)
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(run.stdout()).toBe('')
    const arbiter = run.child.pid!
    const lines = run.stderr().trimEnd().split('\n')
    const events = lines.map((line) => line.replace(/^\[[^\]]+\] /, '').replace(/pid: \d+/, 'pid: W'))
    const at = (text: string) => `[${arbiter}] [INFO] ${text}`
    expect(events.slice(0, 4)).toEqual([
      at(`Listening at: http://127.0.0.1:${port} (${arbiter})`),
      at('Using worker: threaded'),
      at('Booting worker with pid: W'),
      at('Booting worker with pid: W'),
    ])
    expect(events.slice(4)).toContain(at('Handling signal: term'))
    expect(events.at(-1)).toBe(at('Shutting down: Master'))
    expect(pids(run).filter((pid) => !isGone(pid))).toEqual([])
  })

  it('takes flags before and after the app, several addresses and a unix socket', async () => {
    const socketPath = join(directory, 'app.sock')
    const run = tune(['--bind', '127.0.0.1:0', APP, '--bind', `unix:${socketPath}`])
    const port = await portOf(run)
    expect((await get(port, '/')).status).toBe(200)
    expect((await get(0, '/', { socketPath })).status).toBe(200)
    expect(run.stderr()).toContain(`, unix:${socketPath} (`)
    run.child.kill('SIGINT')
    expect(await run.exited).toBe(0)
  })

  it('reads tune.config.ts, overridden by environment and flags', async () => {
    writeFileSync(
      join(directory, 'tune.config.ts'),
      `import { defineConfig } from 'tune-prefork'
       export default defineConfig({ serve: { bind: '127.0.0.1:0', workers: 3, workerClass: 'async' } })`,
    )
    const run = tune([APP, '--worker-class', 'sync'], { WEB_CONCURRENCY: '2' })
    await portOf(run)
    await until('two workers boot', () => pids(run).length === 2)
    expect(run.stderr()).toContain('Using worker: sync')
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(pids(run)).toHaveLength(2)
  })

  it('serves from another directory, with variables for the workers and a control socket for a group', async () => {
    mkdirSync(join(directory, 'site'))
    writeFileSync(
      join(directory, 'site', 'app.mjs'),
      `import { readFileSync } from 'node:fs'
       const { GREETING, PLACE } = process.env
       export default (_, res) => res.end(JSON.stringify({ GREETING, PLACE, file: readFileSync('name.txt', 'utf8') }))`,
    )
    writeFileSync(join(directory, 'site', 'name.txt'), 'first')
    const config = (greeting: string) =>
      writeFileSync(
        join(directory, 'tune.config.json'),
        JSON.stringify({ serve: { chdir: 'site', env: { GREETING: greeting }, controlSocket: 'ctl' } }),
      )
    config('hello')
    const run = tune(
      ['app.mjs', '--bind', '127.0.0.1:0', '--pidfile', 'pid', '--control-socket-mode', '660'],
      {
        PLACE: 'here',
      },
    )
    const port = await portOf(run)
    const answer = async () => JSON.parse((await get(port, '/')).body) as object
    expect(await answer()).toEqual({ GREETING: 'hello', PLACE: 'here', file: 'first' })
    expect(readFileSync(join(directory, 'site', 'pid'), 'utf8').trim()).toBe(String(run.child.pid))
    expect(statSync(join(directory, 'site', 'ctl')).mode & 0o777).toBe(0o660)
    // Read again from where the server was started, not from where it is now.
    config('good day')
    run.child.kill('SIGHUP')
    await until('it has reloaded', () => run.stderr().includes('Reloaded'))
    expect(await answer()).toMatchObject({ GREETING: 'good day' })
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(readdirSync(join(directory, 'site'))).toEqual(['app.mjs', 'name.txt'])
  })

  it('writes its messages to a file, and to a new one after USR1', async () => {
    const log = (name: string) => readFileSync(join(directory, name), 'utf8')
    const run = tune([APP, '--bind', '127.0.0.1:0', '--error-log', 'log'])
    await until('it serves', () => existsSync(join(directory, 'log')) && log('log').includes('Ready:'))
    renameSync(join(directory, 'log'), join(directory, 'log.1'))
    run.child.kill('SIGUSR1')
    await until('there is a new file', () => existsSync(join(directory, 'log')))
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(log('log.1')).toContain('Handling signal: usr1')
    expect(log('log')).toContain('Handling signal: term')
    expect(log('log').trimEnd().split('\n').at(-1)).toContain('Shutting down: Master')
    expect(run.stderr()).toBe('')
  })

  it('calls the hooks of the config file, and outlives one that throws', async () => {
    const config = join(directory, 'tune.config.mjs')
    writeFileSync(
      config,
      `const tell = (name) => (event = {}) => console.log(JSON.stringify({ name, ...event }))
       const names = ['onReload', 'onWorkersChanged', 'onWorkerReady', 'onWorkerExit', 'onExit']
       const hooks = Object.fromEntries(names.map((name) => [name, tell(name)]))
       hooks.onReady = () => { throw new Error('no pager') }
       export default { serve: { bind: '127.0.0.1:0', hooks } }`,
    )
    const run = tune([APP])
    const heard = () =>
      run
        .stdout()
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    const isTold = (name: string, count = 1) => heard().filter((event) => event.name === name).length >= count
    const port = await portOf(run)
    await until('it is ready', () => run.stderr().includes('The hook onReady failed: no pager'))
    expect((await get(port, '/')).status).toBe(200)
    run.child.kill('SIGTTIN')
    await until('two serve', () => isTold('onWorkerReady', 2))
    const [pid] = pids(run)
    process.kill(pid!, 'SIGKILL')
    await until('its loss is told', () => isTold('onWorkerExit'))
    expect(heard().find(({ name }) => name === 'onWorkerExit')).toEqual({
      ...{ name: 'onWorkerExit', nr: 1, pid, code: null, signal: 'SIGKILL', expected: false },
    })
    await until('three were ready', () => isTold('onWorkerReady', 3))
    run.child.kill('SIGHUP')
    await until('it has reloaded', () => isTold('onReload'))
    // Of a reload that is given up nothing stays, not even the functions.
    const other = readFileSync(config, 'utf8')
      .replace('onReady =', 'onReload =')
      .replace('serve: {', 'serve: { backlog: 99,')
    writeFileSync(config, other)
    run.child.kill('SIGHUP')
    await until('the reload is given up', () => isTold('onReload', 2))
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(heard()).toContainEqual({ name: 'onWorkersChanged', from: 1, to: 2 })
    expect(heard()).toContainEqual({ name: 'onReload', failure: null })
    expect(
      heard()
        .filter(({ name }) => name === 'onReload')
        .at(-1),
    ).toMatchObject({
      failure: { code: 'TUNE_E_SETTING', message: 'backlog cannot change in a reload' },
    })
    expect(heard().at(-1)).toEqual({ name: 'onExit' })
  })

  it('names the directory that is not there, exit 2', async () => {
    const run = tune([APP, '--chdir', 'nowhere'])
    expect(await run.exited).toBe(2)
    expect(run.stderr()).toContain(
      `Cannot serve from the directory ${join(realpathSync(directory), 'nowhere')}`,
    )
  })

  it('loses its workers when it is killed', async () => {
    const run = tune([APP, '--bind', '127.0.0.1:0', '--workers', '2'])
    await portOf(run)
    await until('two workers boot', () => pids(run).length === 2)
    run.child.kill('SIGKILL')
    await until('they are gone', () => pids(run).every(isGone), 2000)
  })
})

describe('tune serve, misused', () => {
  it.each([
    { args: [], exit: 2, code: 'TUNE_E_USAGE', message: '<app> is missing' },
    {
      args: [APP, '--nonsense'],
      exit: 2,
      code: 'TUNE_E_USAGE',
      message: 'tune serve has no flag --nonsense',
    },
    {
      args: [APP, '--workers', '0'],
      exit: 2,
      code: 'TUNE_E_SETTING',
      message: '--workers must be a whole number',
    },
    {
      args: [APP, '--workers', '1000'],
      exit: 2,
      code: 'TUNE_E_SETTING',
      message: '--workers must be a whole number from 1 to 512',
    },
    {
      args: [APP, '--workers', '512'],
      exit: 2,
      code: 'TUNE_E_SETTING',
      message: '--workers 512 is more than this machine can use',
    },
    {
      args: [APP, '--worker-class', 'gevent'],
      exit: 2,
      code: 'TUNE_E_SETTING',
      message: '--worker-class must be one of sync, threaded, async',
    },
    {
      args: [APP, '--threads', '2'],
      exit: 2,
      code: 'TUNE_E_SETTING',
      message: 'worker class sync has one thread',
    },
    { args: [APP, '--bind', 'nonsense'], exit: 2, code: 'TUNE_E_BIND', message: 'Cannot bind to "nonsense"' },
    { args: [APP, '--config', 'no.ts'], exit: 2, code: 'TUNE_E_CONFIG', message: 'there is no such file' },
    {
      args: ['no-such-file.js', '--bind', '127.0.0.1:0'],
      exit: 4,
      code: 'TUNE_E_APP_NOT_FOUND',
      message: 'does not exist',
    },
    {
      args: [fixture('throws.js'), '--bind', '127.0.0.1:0'],
      exit: 4,
      code: 'TUNE_E_APP_THREW',
      message: 'the database is not there',
    },
    {
      args: [fixture('exits.js'), '--bind', '127.0.0.1:0'],
      exit: 3,
      code: 'TUNE_E_WORKER_BOOT',
      message: 'ended with code 7',
    },
  ])('$args: $code, exit $exit, with --json too', async ({ args, exit, code, message }) => {
    const plain = tune(args)
    const json = tune([...args, '--json'])
    expect(await plain.exited).toBe(exit)
    expect(plain.stderr()).toContain(message)
    expect(plain.stderr()).toContain(`(${code}, exit ${exit})`)
    expect(plain.stderr().match(/^Error: /gm)).toHaveLength(1)
    expect(pids(plain).filter((pid) => !isGone(pid))).toEqual([])

    expect(await json.exited).toBe(exit)
    const { error } = JSON.parse(json.stdout()) as { error: { code: string; exit: number; message: string } }
    expect(error).toMatchObject({ code, exit })
    expect(error.message).toContain(message)
  })

  it.each([
    ['computes for ever', 'for (;;);'],
    ['awaits for ever', 'setInterval(() => 0, 1000); await new Promise(() => 0)'],
  ])('an app that %s while it loads keeps nobody from stopping the server', async (_name, source) => {
    // Only once the app is loading does a worker that computes no longer hear a signal.
    const started = join(directory, 'started')
    const mark = `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(started)}, '');`
    writeFileSync(join(directory, 'hangs.mjs'), `${mark} ${source}`)
    const run = tune([
      'hangs.mjs',
      '--bind',
      '127.0.0.1:0',
      '--graceful-timeout',
      '3600',
      '--boot-timeout',
      '3600',
    ])
    await until('the app is loading', () => existsSync(started))
    run.child.kill('SIGTERM')
    expect(await run.exited).toBe(0)
    expect(pids(run).filter((pid) => !isGone(pid))).toEqual([])
  })

  it('says that a port is taken, and by whom probably', async () => {
    const other = net.createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as net.AddressInfo
    const run = tune([APP, '--bind', `127.0.0.1:${port}`])
    expect(await run.exited).toBe(2)
    expect(run.stderr()).toContain(`Cannot listen on 127.0.0.1:${port}: another process listens there`)
    await new Promise((resolve) => other.close(resolve))
  })
})
