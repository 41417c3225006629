import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import type { Answer, ExportFormatName } from '../../src/export/index.js'
import type { Configuration } from '../../src/result/configuration.js'
import { commandWords } from '../../src/result/command-words.js'
import { freePort } from '../../src/targets/free-port.js'
import { readProcesses } from '../../src/targets/process-tree.js'
import { async, sync, threaded } from '../helpers/documents.js'
import { ExportSite, statusOf } from '../helpers/exports.js'
import { fixture, get, sleep } from '../helpers/server.js'
import { hasTool } from '../helpers/tools.js'

// What tune exports is started, as it stands, and has to answer.

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))
const hasGunicorn = hasTool('gunicorn') && hasTool('/usr/bin/python3', '-c', 'import flask')
const hasGevent = hasGunicorn && hasTool('/usr/bin/python3', '-c', 'import gevent')
const CONFIGURATIONS: [string, Configuration][] = [
  ['sync', sync(2)],
  ['threaded', threaded(2, 3)],
  ['async', async(2)],
]
const FLASK = { server: 'gunicorn', app: 'flask_app:app' } as const

let site: ExportSite
beforeEach(() => {
  site = new ExportSite()
  copyFileSync(join(FIXTURES, 'flask_app.py'), join(site.directory, 'flask_app.py'))
  copyFileSync(join(FIXTURES, 'listening-app.mjs'), join(site.directory, 'app.mjs'))
})
afterEach(() => site.remove())

describe.skipIf(!hasGunicorn)('a Flask app under Gunicorn (skipped without them)', () => {
  it.each(CONFIGURATIONS)('answers as gunicorn.conf.py says, %s', async (_, configuration) => {
    if (configuration.workerClass === 'async' && !hasGevent) return
    const port = await freePort()
    const { text } = site.export('gunicorn', { configuration, ...FLASK }, port)
    expect(text).toContain(`workers = ${configuration.workers}`)
    const child = await site.start(['gunicorn'], port)
    const workers = async () => (await readProcesses()).filter(({ parentPid }) => parentPid === child.pid)
    await expect.poll(async () => (await workers()).length).toBe(configuration.workers)
    await site.stop(child)
  })

  it('answers as the exported environment says', async () => {
    const port = await freePort()
    site.export('env', { configuration: threaded(1, 2), server: 'gunicorn' }, port)
    await site.serves(['sh', '-c', 'set -a; . ./app.env; exec gunicorn flask_app:app'], port)
  })
})

describe('tune serve', () => {
  const app = fixture('serve.js')

  it('answers as tune.config.ts says', async () => {
    const port = await freePort()
    site.export('tune', { configuration: threaded(1, 2) }, port)
    await site.serves(['tune', 'serve', app], port)
  })

  it('answers as the exported environment says', async () => {
    const port = await freePort()
    site.export('env', { configuration: async(1) }, port)
    await site.serves(['sh', '-c', `set -a; . ./app.env; exec tune serve ${app}`], port)
  })
})

interface Started {
  command: string[]
  /** Has to succeed while the server is up, and to fail before. */
  probe: (port: number) => Promise<boolean>
}

const run = ([program = '', ...args]: string[]): boolean =>
  spawnSync(program, args, { cwd: site.directory, env: site.env }).status === 0
const canConnect = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1')
  const first = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false)
  socket.destroy()
  return first
}

/** What each of these files tells its reader to run. */
const READERS: Partial<Record<ExportFormatName, (text: string) => Started>> = {
  docker: (text) => ({
    command: JSON.parse(/^CMD (.*)$/m.exec(text)?.[1] ?? '') as string[],
    probe: canConnect,
  }),
  compose: (text) => {
    const { command, healthcheck, ports } = (parse(text) as { services: { app: ComposeService } }).services
      .app
    // Compose expands `$`, and reads `$$` as `$`.
    const plain = (words: string[]) => words.map((word) => word.replaceAll('$$', '$'))
    expect(healthcheck.test[0]).toBe('CMD')
    expect(ports).toHaveLength(1)
    const test = plain(healthcheck.test.slice(1))
    return { command: plain(command), probe: () => Promise.resolve(run(test)) }
  },
  kubernetes: (text) => {
    const deployment = parseAllDocuments(text)[0]?.toJS() as {
      spec: { template: { spec: { containers: Container[] } } }
    }
    const [container] = deployment.spec.template.spec.containers
    if (!container) throw new Error('no container')
    const { command, args = [], ports, startupProbe, readinessProbe, livenessProbe } = container
    return {
      command: [...command, ...args],
      probe: async () => {
        const probed = [startupProbe, readinessProbe, livenessProbe].map(({ tcpSocket }) =>
          ports.find(({ name }) => name === tcpSocket.port),
        )
        const answers = await Promise.all(probed.map((port) => canConnect(port?.containerPort ?? 0)))
        expect(new Set(answers).size).toBe(1)
        return answers[0] === true
      },
    }
  },
  // Words are parted, quoted and escaped as in a shell; `%%` is `%`, `$$` is `$` (systemd.service(5)).
  systemd: (text) => {
    const line = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? ''
    const command = commandWords(line).map((word) => word.replaceAll('%%', '%').replaceAll('$$', '$'))
    return { command, probe: canConnect }
  },
}

interface ComposeService {
  command: string[]
  ports: string[]
  healthcheck: { test: string[] }
}
interface Probe {
  tcpSocket: { port: string }
}
interface Container {
  command: string[]
  args?: string[]
  ports: { name: string; containerPort: number }[]
  startupProbe: Probe
  readinessProbe: Probe
  livenessProbe: Probe
}

describe.each(Object.keys(READERS) as ExportFormatName[])('the command line of %s', (format) => {
  const answers = async (rest: Partial<Answer>): Promise<void> => {
    const port = await freePort()
    const { command, probe } = READERS[format]!(site.export(format, rest, port).text)
    expect(await probe(port)).toBe(false)
    const child = await site.start(command, port)
    expect(await probe(port)).toBe(true)
    await site.stop(child)
    expect(await probe(port)).toBe(false)
  }

  it('answers, whatever the app is called', async () => {
    const app = 'my app 100%$HOME $$.mjs'
    copyFileSync(fixture('serve.js'), join(site.directory, app))
    await answers({ configuration: sync(2), app })
  })

  it.skipIf(!hasGunicorn)('answers under Gunicorn (skipped without it)', async () => {
    await answers({ configuration: threaded(2, 3), ...FLASK })
  })
})

describe.skipIf(!hasTool('pm2-runtime'))('PM2 (skipped without it)', () => {
  /** All processes that run with this PM2_HOME. */
  const env = () => ({ PM2_HOME: join(site.directory, 'pm2'), PM2_DISCRETE_MODE: 'true' })

  it('runs a script that listens in cluster mode, and is gone with its daemon', async () => {
    const port = await freePort()
    site.export('pm2', { configuration: async(2), server: 'pm2', app: 'app.mjs' }, port)
    const child = await site.start(['pm2-runtime', 'start', 'ecosystem.config.cjs'], port, env())
    const pids = new Set<string>()
    for (let asked = 0; pids.size < 2 && asked < 100; asked++) {
      pids.add((await get(port, '/')).body)
    }
    expect(pids.size).toBe(2)
    await site.stop(child)
    expect(await statusOf(port)).toBe(0)
  })

  it('supervises tune serve as a daemon, and lets it finish', async () => {
    const port = await freePort()
    copyFileSync(fixture('serve.js'), join(site.directory, 'app.mjs'))
    const configuration = threaded(1, 2)
    const { text } = site.export('pm2', { configuration, app: 'app.mjs', appKind: 'function' }, port)
    // As the file asks for.
    expect(text.replaceAll('\n// ', '')).toContain('PM2_KILL_SIGNAL=SIGTERM')
    const daemon = { ...site.env, ...env(), PM2_KILL_SIGNAL: 'SIGTERM' }
    const pm2 = (...args: string[]) =>
      spawnSync('pm2', args, { cwd: site.directory, env: daemon, encoding: 'utf8' })
    const logs = join(site.directory, 'pm2/logs')
    try {
      const started = pm2('start', 'ecosystem.config.cjs')
      expect(started.status, started.stdout + started.stderr).toBe(0)
      await expect.poll(() => statusOf(port), { timeout: 15_000 }).toBe(200)
      const underWay = get(port, '/wait?ms=1500')
      // It has to be on its way before the next line blocks this process.
      await sleep(300)
      expect(pm2('stop', 'app').status).toBe(0)
      expect((await underWay).status).toBe(200)
      const said = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'))
      expect(said.join('')).toContain('Handling signal: term')
      expect(readFileSync(join(site.directory, 'pm2/pm2.log'), 'utf8')).toMatch(/exited with code \[0\]/)
      expect(readFileSync(join(site.directory, 'pm2/pm2.log'), 'utf8')).not.toContain('SIGKILL')
    } finally {
      expect(pm2('kill').status).toBe(0)
    }
    expect(await statusOf(port)).toBe(0)
  })
})

describe.skipIf(!hasTool('nginx', '-v'))('nginx (skipped without it)', () => {
  it.each(CONFIGURATIONS)('hands requests on to tune serve, %s', async (_, configuration) => {
    const port = await freePort()
    const front = await freePort()
    const { text } = site.export('nginx', { configuration }, port)
    expect(text).toContain('\n    listen 80;\n')
    site.write('site.conf', text.replace('    listen 80;', `    listen 127.0.0.1:${front};`))
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${site.directory}/${name};`)
      .join(' ')
    const main = site.write(
      'nginx.conf',
      `pid ${site.directory}/pid; error_log stderr; daemon off; user root; worker_processes 1; events {}
http { access_log off; ${temporary} include ${site.directory}/site.conf; }\n`,
    )
    site.export('tune', { configuration }, port)
    const app = await site.start(['tune', 'serve', fixture('serve.js')], port)
    const proxy = await site.start(['nginx', '-c', main], front)
    const answers = await Promise.all(Array.from({ length: 24 }, () => statusOf(front, '/wait?ms=20')))
    expect(answers.filter((status) => status !== 200)).toEqual([])
    expect((await get(front, '/')).worker).toMatch(/^\d+:\d+$/)
    await site.stop(app)
    // The site names no other server: the client is told at once, and no request waits.
    expect(await statusOf(front)).toBe(502)
    await site.stop(proxy)
  })
})
