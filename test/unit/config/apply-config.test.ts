import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applyConfig, assertAppliable } from '../../../src/config/apply-config.js'
import { configuredServer } from '../../../src/config/question.js'
import { appliedConfig } from '../../../src/export/applied-config.js'
import { answerOf } from '../../../src/export/index.js'
import { readConfigFile } from '../../../src/config/config-file.js'
import type { Configuration } from '../../../src/result/configuration.js'
import { analyzeFake } from '../../helpers/fake-analysis.js'

const NOW = new Date('2026-11-21T06:30:15.123Z')
let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tune-apply-'))))
afterEach(() => rmSync(folder, { recursive: true }))

async function apply(configuration?: Configuration) {
  const { document } = await analyzeFake({
    app: { cpuMs: 2, waitMs: 4 },
    effectiveCpus: 2,
    budgetSeconds: 90,
  })
  const found = answerOf(document)
  const answer = { ...found, configuration: configuration ?? found.configuration }
  const applied = await applyConfig(folder, NOW, (existing, rollback) =>
    appliedConfig(answer, existing, rollback),
  )
  return { applied, answer, text: readFileSync(join(folder, 'tune.config.ts'), 'utf8') }
}

const configured = async () => configuredServer((await readConfigFile(folder))!, 2)?.configuration

describe('applyConfig', () => {
  it('writes what tune serve then runs, with what it assumes and the way back', async () => {
    const { applied, answer, text } = await apply()
    expect(applied).toEqual({
      path: join(folder, 'tune.config.ts'),
      backup: null,
      rollback: 'rm tune.config.ts',
    })
    expect(await configured()).toEqual(answer.configuration)
    expect(text).toContain('// Assumes:')
    expect(text).toContain('// Rollback: rm tune.config.ts')
    expect(readdirSync(folder)).toEqual(['tune.config.ts'])
  })

  it('keeps a copy of the file that was there, and the settings that are not its business', async () => {
    const before = "export default { serve: { bind: ['0.0.0.0:80'], workers: 9, keepAlive: 65 } }\n"
    writeFileSync(join(folder, 'tune.config.ts'), before)
    const { applied, answer, text } = await apply()
    expect(applied!.backup).toBe(join(folder, 'tune.config.ts.before-20261121T063015'))
    expect(readFileSync(applied!.backup!, 'utf8')).toBe(before)
    expect(text).toContain('// Rollback: mv tune.config.ts.before-20261121T063015 tune.config.ts')
    const { serve } = (await readConfigFile(folder))!
    expect(serve).toMatchObject({
      bind: ['0.0.0.0:80'],
      keepAlive: 65,
      workers: answer.configuration.workers,
    })
  })

  it("writes libuv's pool where the workers get it, beside the variables that were there", async () => {
    const plain: Configuration = { workerClass: 'async', workers: 1, threads: 1, workerConnections: 1000 }
    const pooled = { ...plain, threadPool: 8 }
    for (const env of ["{ A: '1', UV_THREADPOOL_SIZE: 2 }", "['A=1', 'UV_THREADPOOL_SIZE=2']", 'undefined']) {
      writeFileSync(join(folder, 'tune.config.ts'), `export default { serve: { env: ${env} } }`)
      const { text, applied } = await apply(pooled)
      const others = env === 'undefined' ? {} : { A: '1' }
      expect((await readConfigFile(folder))!.serve.env).toEqual({ ...others, UV_THREADPOOL_SIZE: '8' })
      expect(text).not.toContain('no setting of this file')
      // What was applied is what runs today in the next analysis.
      expect(await configured()).toEqual(pooled)
      rmSync(applied!.backup!)
    }
    await apply(plain)
    expect((await readConfigFile(folder))!.serve).not.toHaveProperty('env')
  })

  it('keeps what tune ci reads, and refuses what it could not write again', async () => {
    const path = join(folder, 'tune.config.ts')
    const data = `budgets: ['rps >= 100', { limit: 'latency.p99 < 250ms', level: 'warn' }], ci: { connections: 8 }`
    writeFileSync(path, `export default { serve: { workers: 1 }, ${data} }`)
    const before = await readConfigFile(folder)
    await apply()
    expect(await readConfigFile(folder)).toMatchObject({ budgets: before!.budgets, ci: { connections: 8 } })
    expect(before!.budgets).toHaveLength(2)

    const hooks = 'export default { serve: { hooks: { onWorkerReady() {} } } }'
    writeFileSync(path, hooks)
    for (const attempt of [() => apply(), async () => assertAppliable((await readConfigFile(folder))!)]) {
      await expect(attempt()).rejects.toMatchObject({
        message: expect.stringContaining('onWorkerReady'),
        exit: 2,
      })
    }
    expect(readFileSync(path, 'utf8')).toBe(hooks)
  })

  it('leaves one config file, whatever kind was there', async () => {
    writeFileSync(join(folder, 'tune.config.json'), '{"serve":{"workers":3}}')
    const { applied } = await apply()
    expect(existsSync(join(folder, 'tune.config.json'))).toBe(false)
    expect(applied!.rollback).toBe(
      'rm tune.config.ts && mv tune.config.json.before-20261121T063015 tune.config.json',
    )
  })

  it('writes nothing, and copies nothing, where there is nothing to say', async () => {
    const nothing = () => applyConfig(folder, NOW, () => null)
    expect(await nothing()).toBeNull()
    expect(readdirSync(folder)).toEqual([])
    writeFileSync(join(folder, 'tune.config.ts'), 'export default { serve: { workers: 3 } }')
    expect(await nothing()).toBeNull()
    expect(readdirSync(folder)).toEqual(['tune.config.ts'])
  })

  it('never overwrites a copy, nor a file that it cannot read', async () => {
    writeFileSync(join(folder, 'tune.config.ts'), 'export default { serve: { workers: 1 } }')
    await apply()
    await expect(apply()).rejects.toThrow('EEXIST')
    writeFileSync(join(folder, 'tune.config.ts'), 'export default {{{')
    await expect(apply()).rejects.toMatchObject({ code: 'TUNE_E_CONFIG' })
    expect(readFileSync(join(folder, 'tune.config.ts'), 'utf8')).toBe('export default {{{')
  })
})
