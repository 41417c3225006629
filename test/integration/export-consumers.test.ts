import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerOf, EXPORT_FORMATS, type Answer, type ExportFormatName } from '../../src/export/index.js'
import type { Configuration } from '../../src/result/configuration.js'
import { async, ioDocument, sync, threaded } from '../helpers/documents.js'
import { freePort } from '../../src/targets/free-port.js'
import { fixture } from '../helpers/server.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

// What tune exports is given to the programs that are to read it.

const RUN_JS = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const CONFIGURATIONS: [string, Configuration][] = [
  ['sync', sync(2)],
  ['threaded', threaded(2, 3)],
  ['async', async(2)],
]
const WSGI = `def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
`

let directory: string
const running = new Set<ChildProcess>()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-export-'))
})
afterEach(async () => {
  for (const child of running) {
    // The group: a parent that is killed cannot end its workers.
    process.kill(-child.pid!, 'SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  running.clear()
  rmSync(directory, { recursive: true })
})

function exported(
  format: ExportFormatName,
  rest: Partial<Answer>,
  port = 8000,
): { file: string; text: string } {
  const { fileName, render } = EXPORT_FORMATS[format]
  const file = join(directory, fileName)
  const text = render({ ...answerOf(ioDocument()), ...rest }, port)
  writeFileSync(file, text)
  return { file, text }
}

function run(command: string, args: string[]): { status: number | null; output: string } {
  const env = { ...process.env, PATH: SYSTEM_PATH, PYTHONDONTWRITEBYTECODE: '1' }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, env, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** Starts a server as told, gets its answer, and stops it with TERM. */
async function serves(command: string[], port: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd: directory,
    env: { ...process.env, PATH: `${directory}:${SYSTEM_PATH}`, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  running.add(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  let status = 0
  while (status !== 200) {
    await sleep(50)
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended: ${log}`)
    status = await statusOf(port)
  }
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(child.exitCode, log).toBe(0)
  running.delete(child)
}

async function statusOf(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
  return response?.status ?? 0
}

/** `tune` on the PATH, as it is where the package is installed. */
function installTune(): void {
  const file = join(directory, 'tune')
  writeFileSync(file, `#!/bin/sh\nexec ${process.execPath} ${RUN_JS} "$@"\n`)
  chmodSync(file, 0o755)
}

describe.skipIf(!hasTool('gunicorn'))('gunicorn (skipped without it)', () => {
  it.each(CONFIGURATIONS)('checks and serves %s', async (_, configuration) => {
    const hasGevent = hasTool('/usr/bin/python3', '-c', 'import gevent')
    if (configuration.workerClass === 'async' && !hasGevent) return
    writeFileSync(join(directory, 'main.py'), WSGI)
    const port = await freePort()
    const { text } = exported('gunicorn', { configuration, server: 'gunicorn', app: 'main:app' }, port)
    expect(run('gunicorn', ['--check-config'])).toEqual({ status: 0, output: '' })
    expect(text).toContain(`workers = ${configuration.workers}`)
    await serves(['gunicorn'], port)
  })

  it('reads the exported environment', async () => {
    writeFileSync(join(directory, 'main.py'), WSGI)
    const port = await freePort()
    exported('env', { configuration: threaded(1, 2), server: 'gunicorn' }, port)
    await serves(['sh', '-c', 'set -a; . ./app.env; exec gunicorn main:app'], port)
  })
})

describe.skipIf(!hasTool('python3'))('python (skipped without python3)', () => {
  it('parses gunicorn.conf.py, whatever the app is called', () => {
    const { file } = exported('gunicorn', { server: 'gunicorn', app: `it's "a" \\ naïve:app` })
    const program = `import ast,sys; print(ascii([n.value.value for n in ast.parse(open(sys.argv[1]).read()).body if n.targets[0].id == "wsgi_app"][0]))`
    const { status, output } = run('python3', ['-c', program, file])
    expect({ status, output: output.trim() }).toEqual({
      status: 0,
      output: `'it\\'s "a" \\\\ na\\xefve:app'`,
    })
  })
})

describe('node', () => {
  it.each(CONFIGURATIONS)('requires ecosystem.config.cjs for %s', (_, configuration) => {
    const { file } = exported('pm2', { configuration })
    const { status, output } = run(process.execPath, [
      '-e',
      `console.log(JSON.stringify(require(${JSON.stringify(file)})))`,
    ])
    expect(status).toBe(0)
    expect((JSON.parse(output) as { apps: unknown[] }).apps).toHaveLength(1)
  })
})

describe.skipIf(!hasTool('systemd-analyze'))('systemd (skipped without systemd-analyze)', () => {
  it.each(CONFIGURATIONS)('has nothing to say about the unit for %s', (_, configuration) => {
    for (const rest of [{ app: 'my app 100%$HOME.js' }, { server: 'gunicorn', app: 'main:app' }] as const) {
      const { file } = exported('systemd', { configuration, ...rest })
      expect(run('systemd-analyze', ['verify', '--man=no', file])).toEqual({ status: 0, output: '' })
    }
  })
})

describe.skipIf(!hasTool('nginx', '-v'))('nginx (skipped without it)', () => {
  it.each(CONFIGURATIONS)('takes the site for %s', (_, configuration) => {
    const { file } = exported('nginx', { configuration })
    const main = join(directory, 'nginx.conf')
    writeFileSync(
      main,
      `pid ${directory}/pid; error_log stderr; events {}\nhttp { access_log off; include ${file}; }\n`,
    )
    const { status, output } = run('nginx', ['-t', '-q', '-c', main])
    expect({ status, output }).toEqual({ status: 0, output: '' })
  })
})

describe('tune serve', () => {
  const app = fixture('serve.js')

  it('reads tune.config.ts', async () => {
    const port = await freePort()
    exported('tune', { configuration: threaded(1, 2) }, port)
    await serves([process.execPath, RUN_JS, 'serve', app], port, { PORT: '', WEB_CONCURRENCY: '' })
  })

  it('reads the exported environment', async () => {
    installTune()
    const port = await freePort()
    exported('env', { configuration: async(1) }, port)
    await serves(['sh', '-c', `set -a; . ./app.env; exec tune serve ${app}`], port)
  })

  it('is started by the CMD of the Dockerfile', async () => {
    installTune()
    const port = await freePort()
    const { text } = exported('docker', { configuration: sync(2), app }, port)
    const command = JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '') as string[]
    await serves(command, port, { PORT: '', WEB_CONCURRENCY: '' })
  })
})
