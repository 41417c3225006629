import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfigFile } from '../../../src/config/config-file.js'
import { configuredServer, questionOf } from '../../../src/config/question.js'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tune-question-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('questionOf', () => {
  it('reads every flag, and what a config file says unless --current says otherwise', () => {
    const configured = {
      configuration: { workerClass: 'sync', workers: 3, threads: 1, workerConnections: 1000 },
      source: 'tune.config.ts',
    } as const
    expect(questionOf({ optimize: 'throughput' }, configured).current).toEqual(configured)
    const full = questionOf(
      {
        ...{ optimize: 'memory', slo: 'p95<20ms', 'target-rate': '1500', 'max-memory': '512m' },
        ...{ current: 'workers=4', candidate: ['async-2x1000'] },
      },
      configured,
    )
    expect(full).toMatchObject({
      ...{ optimize: 'memory', slo: { percentile: 'p95', limitUs: 20_000 }, targetRps: 1500 },
      ...{ maxMemoryBytes: 512 * 2 ** 20, current: { source: '--current', configuration: { workers: 4 } } },
      candidates: [{ workerClass: 'async', workers: 2 }],
    })
  })

  it.each([
    [{ optimize: 'speed' }, '--optimize "speed"'],
    [{ optimize: 'memory', 'target-rate': 'much' }, '--target-rate "much"'],
    [{ optimize: 'memory', 'target-rate': '0' }, '--target-rate "0"'],
    [{ optimize: 'memory', slo: 'fast' }, '--slo "fast"'],
    [{ optimize: 'latency', 'target-rate': '1500' }, '--target-rate asks for one'],
    [{ optimize: 'latency', slo: 'p99<50ms' }, '--slo asks for one'],
    [{ optimize: 'memory', current: 'nothing' }, '--current "nothing"'],
  ])('refuses %o', (flags, message) => {
    expect(() => questionOf(flags, null)).toThrow(message)
  })
})

const configured = async (cpus: number) => configuredServer((await readConfigFile(folder))!, cpus)

describe('configuredServer', () => {
  it('is what tune serve would run', async () => {
    writeFileSync(
      join(folder, 'tune.config.json'),
      '{"serve":{"workers":"auto","workerClass":"threaded","threads":3}}',
    )
    expect(await configured(4)).toMatchObject({
      configuration: { workerClass: 'threaded', workers: 4, threads: 3, workerConnections: 1000 },
      source: join(folder, 'tune.config.json'),
    })
  })

  it("has libuv's pool as env sets it for the workers, the last value of several", async () => {
    const read = async (serve: object) => {
      writeFileSync(join(folder, 'tune.config.json'), JSON.stringify({ serve }))
      return (await configured(4))?.configuration
    }
    const env = { A: 'x=1', UV_THREADPOOL_SIZE: 8 }
    expect(await read({ workerClass: 'async', env })).toMatchObject({ workerClass: 'async', threadPool: 8 })
    const twice = ['UV_THREADPOOL_SIZE=2', 'UV_THREADPOOL_SIZE=16']
    expect(await read({ env: twice })).toMatchObject({ workerClass: 'sync', workers: 1, threadPool: 16 })
    expect(await read({ workers: 2, env: ['A=1'] })).not.toHaveProperty('threadPool')
  })

  it('is nothing where the file sets nothing that is tuned', async () => {
    writeFileSync(join(folder, 'tune.config.json'), '{"serve":{"keepAlive":2}}')
    expect(await configured(4)).toBeNull()
  })
})
