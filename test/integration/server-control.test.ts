import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTune, runTune, type Running } from '../helpers/cli.js'
import { failToStart, get, sleep, startServer, stopServers, until } from '../helpers/server.js'

let directory: string
const running: Running[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-ctl-'))
  chmodSync(directory, 0o755)
})
afterEach(async () => {
  await stopServers()
  for (const run of running.splice(0)) run.reap()
  rmSync(directory, { recursive: true, force: true })
})

function freshApp(text: string): string {
  const path = join(directory, 'app.mjs')
  writeFileSync(path, `export default (_, response) => response.end('${text}')`)
  return path
}

/** Serves with a config file; `write` changes its settings, which keep the control socket. */
function serveConfigured(app: string, settings: object) {
  const controlSocket = join(directory, 'app.ctl')
  const write = (serve: object) =>
    writeFileSync(join(directory, 'tune.config.json'), JSON.stringify({ serve: { controlSocket, ...serve } }))
  write(settings)
  const run = startTune(['serve', app, '--bind', '127.0.0.1:0'], { cwd: directory })
  running.push(run)
  return { run, write, controlSocket }
}

describe('tune ctl', () => {
  it('lists, reloads, refuses a broken reload, scales and stops', async () => {
    const controlSocket = join(directory, 'app.ctl')
    const app = freshApp('one')
    const server = await startServer({ app, workers: 2, controlSocket })
    expect(statSync(controlSocket).mode & 0o777).toBe(0o600)
    const ctl = (...args: string[]) => runTune(['ctl', ...args, '--socket', controlSocket])

    const workers = await ctl('workers')
    expect(
      workers.stdout
        .trim()
        .split('\n')
        .map((row) => row.split(/ +/)[2]),
    ).toEqual(['state', 'ready', 'ready'])
    expect(JSON.parse((await ctl('config')).stdout)).toMatchObject({ app, workers: 2, controlSocket })

    freshApp('two')
    expect((await ctl('reload')).code).toBe(0)
    expect((await get(server.port, '/')).body).toBe('two')

    writeFileSync(app, 'throw new Error("no database")')
    const broken = await ctl('reload')
    expect(broken.code).toBe(4)
    expect(broken.stderr).toContain('no database')
    expect((await get(server.port, '/')).body).toBe('two')

    expect((await ctl('scale', '0')).code).toBe(2)
    freshApp('two')
    expect((await ctl('scale', '3')).code).toBe(0)
    await until('there are three', async () => {
      const { workers } = await server.stats()
      return workers.filter(({ state }) => state === 'ready').length === 3
    })
    expect((await get(server.port, '/')).body).toBe('two')

    expect((await ctl('shutdown')).code).toBe(0)
    expect(await server.exited).toBe(0)
    expect(existsSync(controlSocket)).toBe(false)
    const gone = await ctl('stats')
    expect(gone.code).toBe(2)
    expect(gone.stderr).toContain('TUNE_E_NO_SERVER')
  })
})

describe('a client of the control socket', () => {
  it.each(['stats', 'config', 'reload', 'nonsense'])(
    'that leaves before the answer to %s comes takes no server with it',
    async (command) => {
      const controlSocket = join(directory, 'app.ctl')
      const server = await startServer({ app: freshApp('one'), workers: 1, controlSocket })
      // All of it is there when the server looks: the question, and that nobody waits for the answer.
      server.signal('SIGSTOP')
      for (let client = 0; client < 3; client += 1) {
        const socket = net.connect(controlSocket)
        await once(socket, 'connect')
        await new Promise((resolve) => socket.write(`${JSON.stringify({ command })}\n`, resolve))
        socket.destroy()
        await once(socket, 'close')
      }
      server.signal('SIGCONT')
      expect((await runTune(['ctl', 'stats', '--socket', controlSocket])).code).toBe(0)
      expect((await get(server.port, '/')).body).toBe('one')
      expect(await server.stop(true)).toBe(0)
    },
  )
})

describe('a control socket where nobody answers', () => {
  it.each(['stats', 'reload', 'shutdown'])(
    '%s of a server that is stopped ends with what to do',
    async (action) => {
      const controlSocket = join(directory, 'app.ctl')
      const server = await startServer({ workers: 1, controlSocket })
      server.signal('SIGSTOP')
      const { code, stderr } = await runTune(['ctl', action, '--socket', controlSocket], {
        timeoutMs: 20_000,
      })
      expect(code).toBe(2)
      expect(stderr).toContain('TUNE_E_SERVER_SILENT')
      expect(stderr).toContain(
        'gave no answer within 5 s: the server is stopped (SIGSTOP, a debugger) or hangs',
      )
      server.signal('SIGCONT')
      expect((await get(server.port, '/')).status).toBe(200)
      // It did not obey afterwards, nor was it harmed by an answer that nobody took.
      expect((await runTune(['ctl', 'stats', '--socket', controlSocket])).code).toBe(0)
      expect(server.log()).not.toMatch(/Shutting down|Reloaded/)
    },
  )

  it('has a path that can be one', async () => {
    const tooLong = join(directory, 'x'.repeat(120))
    const commands = [
      ['serve', freshApp('one'), '--bind', '127.0.0.1:0', '--control-socket', tooLong],
      ['serve', freshApp('one'), '--check-config', '--control-socket', tooLong],
      ['ctl', 'stats', '--socket', tooLong],
      ['analyze', '--attach', tooLong],
    ]
    for (const command of commands) {
      const { code, stderr } = await runTune(command, { timeoutMs: 20_000, env: { COLUMNS: '999' } })
      expect({ command, code }).toEqual({ command, code: 2 })
      expect(stderr).toMatch(
        new RegExp(`at most \\d+ bytes here, and this one has ${Buffer.byteLength(tooLong)}`),
      )
      expect(stderr).toContain('Choose a shorter path')
    }
  })
})

describe('metrics', () => {
  it('tells requests, slots, memory and readiness', async () => {
    const server = await startServer({ workers: 2, metricsBind: '127.0.0.1:0' })
    const port = Number(/Metrics at: http:\/\/127\.0\.0\.1:(\d+)/.exec(server.log())?.[1])
    for (let request = 0; request < 7; request += 1) await get(server.port, '/')
    await sleep(50)
    const { body, status } = await get(port, '/metrics')
    expect(status).toBe(200)
    const sum = (name: string) =>
      [...body.matchAll(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'gm'))].reduce(
        (all, [, value]) => all + Number(value),
        0,
      )
    expect(sum('tune_requests_total')).toBe(7)
    expect(sum('tune_slots')).toBe(2)
    expect(sum('tune_worker_pss_bytes')).toBeGreaterThan(10 * 2 ** 20)
    expect(body).toMatch(/^tune_listen_queue\{address="http:\/\/127\.0\.0\.1:\d+"\} 0$/m)
    expect((await get(port, '/ready')).status).toBe(200)
    expect((await get(port, '/other')).status).toBe(404)
  })

  it('takes over the socket file of a server that was killed', async () => {
    const path = join(directory, 'metrics.sock')
    // A listener that is killed leaves its file.
    const dies = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))'
    expect(spawnSync(process.execPath, ['-e', dies, path]).signal).toBe('SIGKILL')
    expect(existsSync(path)).toBe(true)
    await startServer({ workers: 1, metricsBind: `unix:${path}` })
    expect((await get(0, '/ready', { socketPath: path })).status).toBe(200)
    const second = await failToStart({ workers: 1, metricsBind: `unix:${path}` })
    expect(second.error.message).toMatch(
      /^No metrics: Cannot listen on .*metrics\.sock: another process listens there$/,
    )
    expect(second.error.suggestions.join()).toContain('another path with --metrics-bind')
    expect(second.exitCode).toBe(2)
  })
})

describe('tune serve', () => {
  it('--print-config shows each value with its origin and --check-config refuses what cannot work', async () => {
    const app = freshApp('one')
    writeFileSync(
      join(directory, 'tune.config.json'),
      JSON.stringify({ serve: { threads: 2, workerClass: 'threaded' } }),
    )
    const run = (...args: string[]) =>
      runTune(['serve', app, ...args], { cwd: directory, env: { TUNE_WORKERS: '2' } })
    const printed = await run('--print-config', '--timeout', '7')
    expect(printed.code).toBe(0)
    expect(printed.stdout).toMatch(/^timeout +7 +--timeout$/m)
    expect(printed.stdout).toMatch(/^workers +2 +TUNE_WORKERS$/m)
    expect(printed.stdout).toMatch(/^threads +2 +serve\.threads in .*tune\.config\.json$/m)
    expect(printed.stdout).toMatch(/^backlog +2048 +default$/m)
    expect((await run('--check-config')).code).toBe(0)
    const misspelt = await runTune(['serve', app, '--check-config'], {
      cwd: directory,
      env: { TUNE_WORKRES: '2' },
    })
    expect(misspelt.stderr).toContain('Nothing reads the variable TUNE_WORKRES: is TUNE_WORKERS meant?')
    expect(misspelt.code).toBe(0)
    expect((await run('--check-config', '--worker-class', 'sync')).code).toBe(2)
    const broken = join(directory, 'broken.ts')
    writeFileSync(broken, 'export default (')
    expect((await runTune(['serve', broken, '--check-config'])).code).toBe(4)
  })

  it('refuses a folder for reports that cannot be one, before a worker hangs', async () => {
    const reportDir = freshApp('one')
    for (const more of [[], ['--check-config']]) {
      const { code, stderr } = await runTune(
        ['serve', reportDir, '--bind', '127.0.0.1:0', '--report-dir', reportDir, ...more],
        { timeoutMs: 20_000 },
      )
      expect(code).toBe(2)
      expect(stderr).toContain('TUNE_E_REPORT_DIR')
    }
  })

  it('HUP reads the config file again; a wrong one changes nothing', async () => {
    const app = freshApp('one')
    const { run, write, controlSocket } = serveConfigured(app, { workers: 1, workerClass: 'sync' })
    await run.printed('Using worker')
    const stats = async () =>
      JSON.parse((await runTune(['ctl', 'stats', '--socket', controlSocket])).stdout || '{"workers":[]}') as {
        workers: { state: string; totalSlots: number }[]
      }
    await until('one serves', async () => (await stats()).workers.some(({ state }) => state === 'ready'))
    write({ workers: 2, workerClass: 'async', workerConnections: 5 })
    run.child.kill('SIGHUP')
    await until('two serve five connections each', async () => {
      const { workers } = await stats()
      return (
        workers.length === 2 && workers.every((worker) => worker.state === 'ready' && worker.totalSlots === 5)
      )
    })
    write({ workers: 'many' })
    run.child.kill('SIGHUP')
    await run.printed(
      /Reload failed, the old workers keep serving: serve\.workers in .* must be a whole number/,
    )
    expect((await stats()).workers).toHaveLength(2)
    run.child.kill('SIGTERM')
    expect((await run.finished).code).toBe(0)
  })

  it('takes the old settings back when those of a reload are what the new worker fails of', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(
      app,
      `if (process.env.BROKEN) throw new Error('broken by a setting')
export default (_, response) => response.end(String(process.pid))`,
    )
    const { run, write, controlSocket } = serveConfigured(app, { workers: 1 })
    await run.printed('Ready')
    const ctl = async (...args: string[]) =>
      JSON.parse((await runTune(['ctl', ...args, '--socket', controlSocket])).stdout)
    const ready = async () =>
      ((await ctl('stats')).workers as { pid: number; state: string }[]).filter(
        ({ state }) => state === 'ready',
      )
    const [old] = await ready()
    write({ workers: 2, env: { BROKEN: '1' } })
    run.child.kill('SIGHUP')
    await run.printed('Reload aborted')
    expect(await ctl('config')).toMatchObject({ workers: 1, env: [] })
    process.kill(old?.pid ?? NaN, 'SIGKILL')
    await until('another worker serves', async () => {
      const workers = await ready()
      return workers.length === 1 && workers[0]?.pid !== old?.pid
    })
    run.child.kill('SIGTERM')
    expect((await run.finished).code).toBe(0)
  })

  it('goes on serving when nobody reads any more what it and the app print', async () => {
    const app = join(directory, 'app.mjs')
    writeFileSync(
      app,
      `export default (_, response) => {
  console.log('x'.repeat(1000))
  response.end(String(process.pid))
}`,
    )
    const controlSocket = join(directory, 'app.ctl')
    const run = startTune(['serve', app, '--bind', '127.0.0.1:0', '--control-socket', controlSocket])
    running.push(run)
    await run.printed('Ready')
    const ctl = (...args: string[]) => runTune(['ctl', ...args, '--socket', controlSocket])
    const stats = JSON.parse((await ctl('stats')).stdout) as { queues: { address: string }[] }
    const port = Number(/\d+$/.exec(stats.queues[0]?.address ?? '')?.[0])
    run.child.stdout?.destroy()
    run.child.stderr?.destroy()
    const ask = async () => (await get(port, '/')).body
    const pids = [await ask(), await ask()]
    // The worker hears of the broken pipe a turn later.
    await sleep(100)
    expect(new Set([...pids, await ask()]).size).toBe(1)
    expect((await ctl('reload')).code).toBe(0)
    expect((await ctl('reload')).code).toBe(0)
    expect(pids).not.toContain(await ask())
    run.child.kill('SIGTERM')
    expect((await run.finished).code).toBe(0)
  })

  it('gives a reload up whose config file does not end, and the next one works', async () => {
    const app = freshApp('one')
    const config = join(directory, 'tune.config.mjs')
    writeFileSync(config, 'export default { serve: { bootTimeout: 1 } }')
    const run = startTune(['serve', app, '--bind', '127.0.0.1:0'], { cwd: directory })
    running.push(run)
    await run.printed('Ready')
    writeFileSync(config, 'await new Promise(() => 0); export default {}')
    run.child.kill('SIGHUP')
    await run.printed('The configuration was not read within 1 s')
    writeFileSync(config, 'export default { serve: { bootTimeout: 1 } }')
    run.child.kill('SIGHUP')
    await run.printed('Reloaded: 1 worker replaced')
    run.child.kill('SIGTERM')
    expect((await run.finished).code).toBe(0)
  })

  it('says when its config file waits for what never happens', async () => {
    writeFileSync(join(directory, 'tune.config.mjs'), 'await new Promise(() => 0); export default {}')
    const { code, stderr } = await runTune(['serve', freshApp('one'), '--check-config'], { cwd: directory })
    expect(stderr).toContain('a top-level await waits for something that never happens')
    expect(code).toBe(2)
  })
})
