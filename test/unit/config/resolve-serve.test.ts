import { describe, expect, it } from 'vitest'
import { resolveServe, type ServeSources } from '../../../src/config/resolve-serve.js'
import { SERVE_KEYS, SERVE_SETTINGS, type ServeKey } from '../../../src/config/serve-settings.js'
import { readFileSync } from 'node:fs'
import { SERVE_DEFAULTS } from '../../../src/config/serve-defaults.js'
import { printServe, settingsPage } from '../../../src/config/serve-print.js'
import { serverNames } from '../../../src/config/server-names.js'
import { checkSettings, SERVER_DEFAULTS, SETTING_RANGES } from '../../../src/server/settings.js'

const DEFAULTS = SERVE_DEFAULTS

function resolve(sources: Partial<ServeSources>) {
  return resolveServe({ flags: {}, env: {}, config: null, defaults: DEFAULTS, ...sources })
}

describe('resolveServe', () => {
  it('prefers flag, then environment, then config file, then default', () => {
    const config = { path: 'tune.config.ts', values: { workers: 2, threads: 2, timeout: 2 } }
    const env = { WEB_CONCURRENCY: '3' }
    const { values, origins } = resolve({ flags: { workers: '4' }, env, config })
    expect(values).toEqual({ ...DEFAULTS, workers: 4, threads: 2, timeout: 2 })
    expect(origins).toMatchObject({
      workers: '--workers',
      timeout: 'serve.timeout in tune.config.ts',
      bind: 'default',
    })
    expect(resolve({ env, config }).values.workers).toBe(3)
    expect(resolve({ config }).values.workers).toBe(2)
  })

  it('takes every setting from a variable of its own, before those of the platform', () => {
    const env = { TUNE_WORKERS: '5', WEB_CONCURRENCY: '3', TUNE_BIND: 'a:1, b:2', TUNE_MAX_MEMORY: '64m' }
    const { values, origins } = resolve({ env: { ...env, PORT: '80', TUNE_UMASK: '027', TUNE_USER: '' } })
    expect(values).toEqual({
      ...DEFAULTS,
      workers: 5,
      bind: ['a:1', 'b:2'],
      maxMemory: 64 * 1024 ** 2,
      umask: 0o27,
    })
    expect(origins).toMatchObject({ workers: 'TUNE_WORKERS', umask: 'TUNE_UMASK', user: 'default' })
  })

  it('listens on all interfaces when the platform gives a PORT', () => {
    expect(resolve({ env: { PORT: '5000' } }).values.bind).toEqual(['0.0.0.0:5000'])
    expect(resolve({ env: { PORT: '' } }).values.bind).toEqual(DEFAULTS.bind)
  })

  it('takes one address or several', () => {
    const config = { path: 'c.json', values: { bind: 'unix:/tmp/a' } }
    expect(resolve({ config }).values.bind).toEqual(['unix:/tmp/a'])
    expect(resolve({ flags: { bind: ['a:1', 'b:2'] } }).values.bind).toEqual(['a:1', 'b:2'])
  })

  it('takes variables for the workers from repeated flags, from lines, and from an object', () => {
    expect(resolve({ flags: { env: ['A=1', 'B=x,y=z'] } }).values.env).toEqual(['A=1', 'B=x,y=z'])
    expect(resolve({ env: { TUNE_ENV: 'A=1,2\n B=\n' } }).values.env).toEqual(['A=1,2', 'B='])
    const config = { path: 'c', values: { env: { A: 1, B: 'x' } } }
    expect(resolve({ config }).values.env).toEqual(['A=1', 'B=x'])
  })

  it('lets a control socket be switched off, whoever names it', () => {
    const config = { path: 'c', values: { controlSocket: '/run/ctl', controlSocketMode: '660' } }
    const off = resolve({ config, env: { TUNE_CONTROL_SOCKET_DISABLE: 'yes' } }).values
    expect(serverNames(off)).toMatchObject({ controlSocket: null, controlSocketMode: 0o660 })
    const on = resolve({
      config,
      env: { TUNE_CONTROL_SOCKET_DISABLE: '1' },
      flags: { 'control-socket-disable': false },
    })
    expect(serverNames(on.values).controlSocket).toBe('/run/ctl')
  })

  it.each([
    [{ flags: { env: ['1A=x'] } }, '--env must be NAME=VALUE, not ["1A=x"]'],
    [
      { env: { TUNE_CONTROL_SOCKET_DISABLE: 'maybe' } },
      'TUNE_CONTROL_SOCKET_DISABLE must be true or false, not "maybe"',
    ],
    [
      { config: { path: 'c', values: { controlSocketMode: null } } },
      'serve.controlSocketMode in c must be a file mode in octal from 0 to 777, not null',
    ],
    [{ flags: { workers: '0' } }, '--workers must be a whole number from 1 to 512, or auto, not "0"'],
    [{ flags: { workers: '1e2' } }, '--workers must be a whole number from 1 to 512, or auto, not "1e2"'],
    [{ flags: { threads: '1.5' } }, '--threads must be a whole number from 1 to 128, not "1.5"'],
    [
      { flags: { 'max-memory': '12x' } },
      '--max-memory must be an amount of memory from 1m on, such as 512m or 2g, or 0; a number alone is bytes, not "12x"',
    ],
    [{ flags: { 'max-memory': '10k' } }, 'a number alone is bytes, not "10k"'],
    [
      { config: { path: 'c', values: { maxMemory: 10 } } },
      'serve.maxMemory in c must be an amount of memory',
    ],
    [{ config: { path: 'c', values: { maxMemory: 1024 ** 2 - 1 } } }, 'a number alone is bytes, not 1048575'],
    [{ flags: { umask: '9' } }, '--umask must be a file mode in octal from 0 to 777, not "9"'],
    [{ env: { TUNE_THREADS: 'x' } }, 'TUNE_THREADS must be a whole number from 1 to 128, not "x"'],
    [{ flags: { timeout: '-1' } }, '--timeout must be a number of seconds from 0 to 86400, not "-1"'],
    [
      { env: { WEB_CONCURRENCY: 'many' } },
      'WEB_CONCURRENCY must be a whole number from 1 to 512, or auto, not "many"',
    ],
    [
      { config: { path: '/a/tune.config.mjs', values: { workerClass: 'gevent' } } },
      'serve.workerClass in /a/tune.config.mjs must be one of sync, threaded, async, not "gevent"',
    ],
    [
      { config: { path: 'c', values: { bind: [] } } },
      'serve.bind in c must be HOST:PORT, [IPv6]:PORT, unix:PATH, or fd://N for a socket that the server is started with, not []',
    ],
    [
      { config: { path: 'c', values: { timeout: NaN } } },
      'serve.timeout in c must be a number of seconds from 0 to 86400, not NaN',
    ],
    [{ config: { path: 'c', values: { workers: 2n } } }, 'or auto, not 2n'],
    [{ env: { PORT: 'abc' } }, 'PORT must be a port from 0 to 65535, not "abc"'],
    [{ env: { PORT: '65536' } }, 'PORT must be a port from 0 to 65535, not "65536"'],
  ])('%o is refused at its origin', (sources, message) => {
    expect(() => resolve(sources)).toThrow(message)
  })
})

describe('SERVE_SETTINGS', () => {
  it('allows the same numbers as the server does', () => {
    const names: Partial<Record<ServeKey, keyof typeof SETTING_RANGES>> = {
      workers: 'workers',
      threads: 'threads',
      workerConnections: 'workerConnections',
      backlog: 'backlog',
      timeout: 'timeoutSeconds',
      gracefulTimeout: 'gracefulTimeoutSeconds',
      keepAlive: 'keepAliveSeconds',
      requestTimeout: 'requestTimeoutSeconds',
      bootTimeout: 'bootTimeoutSeconds',
      headerTimeout: 'headerTimeoutSeconds',
      bodyTimeout: 'bodyTimeoutSeconds',
      limitRequestLine: 'limitRequestLineBytes',
      limitRequestFields: 'limitRequestFields',
      limitRequestFieldSize: 'limitRequestFieldBytes',
      maxRequests: 'maxRequests',
      maxRequestsJitter: 'maxRequestsJitter',
      maxLifetime: 'maxLifetimeSeconds',
    }
    for (const [key, name] of Object.entries(names) as [ServeKey, keyof typeof SETTING_RANGES][]) {
      const { min, max } = SETTING_RANGES[name]
      const accepts = (value: number) => SERVE_SETTINGS[key].schema.safeParse(value).success
      expect({ key, accepts: [min - 1, min, max, max + 1].map(accepts) }).toEqual({
        key,
        accepts: [false, true, true, false],
      })
    }
  })

  it('allows the same memory as the server does', () => {
    const sizes = [0, 1, 2 ** 20 - 1, 2 ** 20]
    const accepts = (maxMemoryBytes: number) => {
      try {
        return checkSettings({ app: 'a.js', maxMemoryBytes }).maxMemoryBytes === maxMemoryBytes
      } catch {
        return false
      }
    }
    const expected = [true, false, false, true]
    expect(sizes.map((size) => SERVE_SETTINGS.maxMemory.schema.safeParse(size).success)).toEqual(expected)
    expect(sizes.map(accepts)).toEqual(expected)
  })

  it('has a summary and an expectation for every key', () => {
    expect([...SERVE_KEYS].sort()).toEqual(Object.keys(DEFAULTS).sort())
  })

  it('has the defaults of the server, and passes every one of them on', () => {
    expect(serverNames(DEFAULTS)).toEqual(
      Object.fromEntries(Object.entries(SERVER_DEFAULTS).filter(([name]) => name !== 'workers')),
    )
  })

  it('is what docs/settings.md shows', () => {
    const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8')
    // prettier pads the columns of the table.
    const plain = (text: string) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
    expect(plain(page)).toBe(plain(settingsPage()))
  })

  it('prints value and origin of every setting', () => {
    const lines = printServe(resolve({ flags: { workers: '4' } })).split('\n')
    expect(lines).toHaveLength(SERVE_KEYS.length)
    expect(lines.find((line) => line.startsWith('workers '))).toMatch(/^workers +4 +--workers$/)
    expect(lines.find((line) => line.startsWith('umask '))).toMatch(/^umask +not set +default$/)
  })
})
