import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { serveHooksSchema } from '../../src/config/serve-hooks.js'
import { SERVE_DEFAULTS } from '../../src/config/serve-defaults.js'
import { SERVE_KEYS, SERVE_SETTINGS, variableOf } from '../../src/config/serve-settings.js'
import { hasTool, SYSTEM_PATH } from '../helpers/tools.js'

/** The examples that people copy: what can read them reads them here. */
const PAGE = pageText('deployment')
const TUNE = '/srv/app/node_modules/.bin/tune'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-deployment-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function pageText(name: string): string {
  return readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
}

/** The fenced examples in that language, in their order. */
function examples(language: string, page = PAGE): string[] {
  return [...page.matchAll(/^```(\S+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text)
}

function run(program: string, args: string[]) {
  const env = { ...process.env, PATH: SYSTEM_PATH, SYSTEMD_LOG_TARGET: 'console' }
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

function fileWith(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

it('has one example of each kind', () => {
  const languages = ['nginx', 'sh', 'ini', 'dockerfile', 'yaml']
  expect(languages.map((language) => examples(language).length)).toEqual([1, 1, 2, 1, 1])
})

describe.skipIf(!hasTool('nginx', '-v'))('nginx (skipped without it)', () => {
  it('takes the site', () => {
    const main = `pid ${directory}/pid; error_log stderr; events {}\nhttp { access_log off;\n${examples('nginx')[0]}}\n`
    expect(run('nginx', ['-t', '-q', '-c', fileWith('nginx.conf', main)])).toEqual({ status: 0, output: '' })
  })
})

describe.skipIf(!hasTool('systemd-analyze'))('systemd (skipped without systemd-analyze)', () => {
  it('has nothing to say about service and socket', () => {
    const program = fileWith('tune', '#!/bin/sh\n')
    chmodSync(program, 0o755)
    const [service = '', socket = ''] = examples('ini')
    const files = [fileWith('app.service', service.replaceAll(TUNE, program)), fileWith('app.socket', socket)]
    expect(run('systemd-analyze', ['verify', '--man=no', ...files])).toEqual({ status: 0, output: '' })
  })
})

describe('what the examples say of the server', () => {
  const commands = [...examples('sh'), ...examples('ini')].join('\n')

  it('are flags that exist, with values that are taken', () => {
    const lines = commands.split('\n').filter((line) => line.includes('tune serve '))
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      for (const [, flag = '', value = ''] of line.matchAll(/ --([\w-]+) (\S+)/g)) {
        const key = SERVE_KEYS.find((one) => SERVE_SETTINGS[one].flag === flag)
        expect(key && SERVE_SETTINGS[key].schema.safeParse(value), flag).toMatchObject({ success: true })
      }
    }
  })

  it('are variables that exist', () => {
    const known = SERVE_KEYS.map(variableOf)
    const [dockerfile = ''] = examples('dockerfile')
    const given = [...dockerfile.matchAll(/\b(TUNE_\w+)=/g)].map(([, name]) => name)
    expect(given.length).toBeGreaterThan(2)
    expect(given.filter((name) => !known.includes(name ?? ''))).toEqual([])
  })

  it('leave more time than the server takes', () => {
    const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(commands)?.[1])
    expect(stopSeconds).toBeGreaterThan(SERVE_DEFAULTS.gracefulTimeout)
    const pod = parse(examples('yaml')[0] ?? '') as Pod
    const [container] = pod.spec.containers
    const pauseSeconds = Number(container?.lifecycle.preStop.exec.command[1])
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(
      pauseSeconds + SERVE_DEFAULTS.gracefulTimeout,
    )
  })

  it('agree about ports, and start the server without a shell', () => {
    const [dockerfile = ''] = examples('dockerfile')
    const pod = parse(examples('yaml')[0] ?? '') as Pod
    const metricsPort = /TUNE_METRICS_BIND=\S+:(\d+)/.exec(dockerfile)?.[1]
    expect(String(pod.spec.containers[0]?.readinessProbe.httpGet.port)).toBe(metricsPort)
    expect(dockerfile).toContain(`EXPOSE 8000 ${metricsPort}`)
    expect(JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '')).toEqual([
      'node_modules/.bin/tune',
      'serve',
      'app.js',
    ])
  })
})

interface Pod {
  spec: {
    terminationGracePeriodSeconds: number
    containers: {
      readinessProbe: { httpGet: { port: number } }
      lifecycle: { preStop: { exec: { command: string[] } } }
    }[]
  }
}

it('docs/hooks.md lists the hooks that there are', () => {
  const rows = [...pageText('hooks').matchAll(/^\| `(on\w+)`/gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(serveHooksSchema.shape))
})

describe('docs/from-gunicorn.md', () => {
  const page = pageText('from-gunicorn')

  it('names flags that exist', () => {
    const known = new Set(SERVE_KEYS.map((key) => SERVE_SETTINGS[key].flag))
    const others = new Set(['config', 'check-config', 'print-config', 'watch'])
    const named = [...page.matchAll(/`--([a-z][\w-]*)/g)].map(([, flag = '']) => flag)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((flag) => !known.has(flag) && !others.has(flag))).toEqual([])
  })

  it.each([
    ['config', 'wsgi_app', 'bind', 'backlog', 'workers', 'worker_class', 'threads', 'worker_connections'],
    ['max_requests', 'max_requests_jitter', 'timeout', 'graceful_timeout', 'keepalive', 'chdir', 'raw_env'],
    ['pidfile', 'user', 'group', 'umask', 'forwarded_allow_ips', 'limit_request_line', 'proc_name'],
    ['control_socket', 'control_socket_mode', 'control_socket_disable', 'accesslog', 'access_log_format'],
    ['errorlog', 'loglevel', 'enable_backlog_metric', 'check_config', 'print_config', 'keyfile', 'certfile'],
    ['when_ready', 'post_worker_init', 'worker_abort', 'child_exit', 'nworkers_changed', 'initgroups'],
    [
      'asgi_lifespan',
      'asgi_disconnect_grace_period',
      'reuse_port',
      'secure_scheme_headers',
      'proxy_protocol',
    ],
    ['proxy_allow_ips', 'capture_output', 'statsd_host', 'reload', 'reload_extra_files', 'ssl_version'],
    ['cert_reqs', 'ca_certs', 'ciphers', 'on_starting', 'on_reload', 'pre_fork', 'post_fork', 'worker_int'],
    ['pre_exec', 'worker_exit', 'on_exit', 'ssl_context', 'dirty_apps', 'dirty_workers', 'dirty_timeout'],
  ])('has a place for %s, %s, %s, …', (...settings) => {
    const firstColumns = [...page.matchAll(/^\| ([^|]*)\|/gm)].map(([, cell]) => cell).join('\n')
    expect(settings.filter((name) => !firstColumns.includes(`\`${name}\``))).toEqual([])
  })
})
