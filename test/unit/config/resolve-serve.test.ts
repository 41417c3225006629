import { describe, expect, it } from 'vitest'
import { resolveServe, type ServeSources } from '../../../src/config/resolve-serve.js'
import {
  SERVE_KEYS,
  SERVE_SETTINGS,
  type ServeKey,
  type ServeValues,
} from '../../../src/config/serve-settings.js'
import { SETTING_RANGES } from '../../../src/server/settings.js'

const DEFAULTS: ServeValues = {
  bind: ['127.0.0.1:8000'],
  workers: 1,
  workerClass: 'sync',
  threads: 1,
  workerConnections: 1000,
  backlog: 2048,
  timeout: 30,
  gracefulTimeout: 30,
  keepAlive: 5,
  logLevel: 'info',
}

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

  it('listens on all interfaces when the platform gives a PORT', () => {
    expect(resolve({ env: { PORT: '5000' } }).values.bind).toEqual(['0.0.0.0:5000'])
    expect(resolve({ env: { PORT: '' } }).values.bind).toEqual(DEFAULTS.bind)
  })

  it('takes one address or several', () => {
    const config = { path: 'c.json', values: { bind: 'unix:/tmp/a' } }
    expect(resolve({ config }).values.bind).toEqual(['unix:/tmp/a'])
    expect(resolve({ flags: { bind: ['a:1', 'b:2'] } }).values.bind).toEqual(['a:1', 'b:2'])
  })

  it.each([
    [{ flags: { workers: '0' } }, '--workers must be a whole number from 1 to 512, or auto, not "0"'],
    [{ flags: { workers: '1e2' } }, '--workers must be a whole number from 1 to 512, or auto, not "1e2"'],
    [{ flags: { threads: '1.5' } }, '--threads must be a whole number from 1 to 128, not "1.5"'],
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
      'serve.bind in c must be HOST:PORT, [IPv6]:PORT or unix:PATH, not []',
    ],
  ])('%j is refused at its origin', (sources, message) => {
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

  it('has a summary and an expectation for every key', () => {
    expect(SERVE_KEYS.sort()).toEqual(Object.keys(DEFAULTS).sort())
  })
})
