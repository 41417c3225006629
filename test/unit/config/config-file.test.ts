import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfigFile } from '../../../src/config/config-file.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tune-config-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function write(name: string, text: string): void {
  writeFileSync(join(directory, name), text)
}

describe('readConfigFile', () => {
  it('finds nothing where nothing is', async () => {
    expect(await readConfigFile(directory)).toBeNull()
  })

  it.each([
    ['tune.config.ts', `const workers: number = 3\nexport default { serve: { workers } }`],
    ['tune.config.mjs', `export default { serve: { workers: 3 } }`],
    ['tune.config.js', `module.exports = { serve: { workers: 3 } }`],
    ['tune.config.json', `{ "serve": { "workers": 3 } }`],
  ])('reads %s and leaves nothing behind', async (name, text) => {
    write(name, text)
    expect(await readConfigFile(directory)).toEqual({
      path: join(directory, name),
      serve: { workers: 3 },
      hooks: {},
      budgets: [],
      ci: {},
    })
    expect(readdirSync(directory)).toEqual([name])
  })

  it('takes hooks as they are, and refuses what is none', async () => {
    write('tune.config.mjs', `export default { serve: { hooks: { onReady: () => 5 } } }`)
    const file = await readConfigFile(directory)
    expect(file?.serve).toEqual({})
    expect(file?.hooks.onReady?.({ addresses: [], workers: 1 })).toBe(5)
    write('wrong.mjs', `export default { serve: { hooks: { onReady: 'echo' } } }`)
    await expect(readConfigFile(directory, 'wrong.mjs')).rejects.toThrow(
      'serve.hooks.onReady: must be a function',
    )
    write('unknown.mjs', `export default { serve: { hooks: { onFork: () => 5 } } }`)
    await expect(readConfigFile(directory, 'unknown.mjs')).rejects.toThrow(
      '"onFork" is not known in serve.hooks',
    )
  })

  it('takes the given file, and imports beside it', async () => {
    mkdirSync(join(directory, 'ops'))
    write('ops/shared.ts', `export enum Size { small = 1, large = 7 }`)
    write(
      'ops/prod.ts',
      `import { Size } from './shared.js'\nexport default { serve: { workers: Size.large } }`,
    )
    expect((await readConfigFile(directory, 'ops/prod.ts'))?.serve).toEqual({ workers: 7 })
  })

  it('reads budgets in both forms, and what tune ci measures', async () => {
    write(
      'tune.config.mjs',
      `export default { budgets: ['rps >= 10', { limit: 'latency.p99 < 1s', level: 'warn' }], ci: { baselineRef: 'main' } }`,
    )
    expect(await readConfigFile(directory)).toMatchObject({
      budgets: ['rps >= 10', 'warn: latency.p99 < 1s'],
      ci: { baselineRef: 'main' },
    })
  })

  it.each([
    ['missing.ts', null, /there is no such file/],
    ['missing', null, /there is no such file/],
    ['config.yaml', 'a: 1', /its name must end in/],
    ['broken.ts', 'export default {', /Cannot use the config file .*broken\.ts/],
    ['throws.mjs', 'throw new Error("no secret")', /no secret/],
    ['broken.json', '{', /JSON/],
    ['nothing.mjs', 'export const serve = {}', /its default export must be an object/],
    ['typo.mjs', 'export default { serve: { worker: 2 } }', /"worker" is not known in serve/],
    ['section.mjs', 'export default { server: {} }', /"server" is not known/],
    ['kind.mjs', 'export default { serve: 7 }', /serve must be an object/],
    ['ci.mjs', 'export default { ci: { baseline: "main" } }', /"baseline" is not known in ci/],
    ['many.mjs', 'export default { ci: { connections: 0 } }', /ci\.connections/],
    ['limits.mjs', 'export default { budgets: "rps > 1" }', /budgets/],
  ])('%s is refused with one clear message', async (name, text, message) => {
    if (text !== null) write(name, text)
    const failure = readConfigFile(directory, name)
    await expect(failure).rejects.toMatchObject({ code: 'TUNE_E_CONFIG', exit: 2 })
    await expect(failure).rejects.toThrow(message)
  })
})
