import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Configuration } from '../../src/result/configuration.js'
import { async, sync, threaded } from '../helpers/documents.js'
import { ExportSite } from '../helpers/exports.js'
import { hasTool } from '../helpers/tools.js'

// What tune exports is given to the programs that are to read it; export-started.test.ts starts it.

const CONFIGURATIONS: [string, Configuration][] = [
  ['sync', sync(2)],
  ['threaded', threaded(2, 3)],
  ['async', async(2)],
]
const WSGI = `def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
`

let site: ExportSite
beforeEach(() => {
  site = new ExportSite()
})
afterEach(() => site.remove())

function run(command: string, args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: site.directory,
    env: site.env,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

describe.skipIf(!hasTool('gunicorn'))('gunicorn (skipped without it)', () => {
  it.each(CONFIGURATIONS)('checks gunicorn.conf.py for %s', (_, configuration) => {
    const hasGevent = hasTool('/usr/bin/python3', '-c', 'import gevent')
    if (configuration.workerClass === 'async' && !hasGevent) return
    site.write('main.py', WSGI)
    site.export('gunicorn', { configuration, server: 'gunicorn', app: 'main:app' })
    expect(run('gunicorn', ['--check-config'])).toEqual({ status: 0, output: '' })
  })
})

describe.skipIf(!hasTool('python3'))('python (skipped without python3)', () => {
  it('parses gunicorn.conf.py, whatever the app is called', () => {
    const { file } = site.export('gunicorn', { server: 'gunicorn', app: `it's "a" \\ naïve:app` })
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
    const { file } = site.export('pm2', { configuration })
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
      const { file } = site.export('systemd', { configuration, ...rest })
      expect(run('systemd-analyze', ['verify', '--man=no', file])).toEqual({ status: 0, output: '' })
    }
  })
})

describe.skipIf(!hasTool('nginx', '-v'))('nginx (skipped without it)', () => {
  it.each(CONFIGURATIONS)('takes the site for %s', (_, configuration) => {
    const { file } = site.export('nginx', { configuration })
    const main = site.write(
      'nginx.conf',
      `pid ${site.directory}/pid; error_log stderr; events {}\nhttp { access_log off; include ${file}; }\n`,
    )
    const { status, output } = run('nginx', ['-t', '-q', '-c', main])
    expect({ status, output }).toEqual({ status: 0, output: '' })
  })
})
