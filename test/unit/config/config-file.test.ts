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
    [
      'tune.config.ts',
      `import { defineConfig } from 'tune-prefork'\nexport default defineConfig({ serve: { workers: 3 } })`,
    ],
    [
      'tune.config.js',
      `const { defineConfig } = require('tune-prefork')\nmodule.exports = defineConfig({ serve: { workers: 3 } })`,
    ],
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

  it('writes nothing beside the file, which may lie where nobody may write', async () => {
    write(
      'tune.config.mjs',
      `import { readdirSync } from 'node:fs'
export default { serve: { procName: readdirSync(import.meta.dirname).join() } }`,
    )
    expect((await readConfigFile(directory))?.serve).toEqual({ procName: 'tune.config.mjs' })
  })

  it('runs the file anew each time', async () => {
    write('n.txt', '3')
    write(
      'tune.config.mjs',
      `import { readFileSync } from 'node:fs'
export default { serve: { workers: Number(readFileSync(new URL('n.txt', import.meta.url), 'utf8')) } }`,
    )
    expect((await readConfigFile(directory))?.serve).toEqual({ workers: 3 })
    write('n.txt', '4')
    expect((await readConfigFile(directory))?.serve).toEqual({ workers: 4 })
  })

  it('takes CommonJS that requires modules of Node, packages and files beside it', async () => {
    mkdirSync(join(directory, 'node_modules/size'), { recursive: true })
    write('node_modules/size/index.js', `exports.workers = __dirname.endsWith('size') ? 5 : 0`)
    write('own.js', `exports.extra = 1`)
    write(
      'tune.config.js',
      `const { basename } = require('node:path')
const { workers } = require('size')
const { extra } = require('./own')
module.exports = { serve: { workers: workers + extra, procName: basename(__filename) } }`,
    )
    expect((await readConfigFile(directory))?.serve).toEqual({ workers: 6, procName: 'tune.config.js' })
  })

  it('takes packages in the flavour for imports, and names one that is missing', async () => {
    mkdirSync(join(directory, 'node_modules/size'), { recursive: true })
    write(
      'node_modules/size/package.json',
      `{ "exports": { "import": "./index.mjs", "require": "./index.cjs" } }`,
    )
    write('node_modules/size/index.mjs', `export const workers = 5`)
    write('node_modules/size/index.cjs', `exports.workers = 6`)
    write('tune.config.ts', `import { workers } from 'size'\nexport default { serve: { workers } }`)
    expect((await readConfigFile(directory))?.serve).toEqual({ workers: 5 })
    write('lost.ts', `import { workers } from 'sise'\nexport default { serve: { workers } }`)
    await expect(readConfigFile(directory, 'lost.ts')).rejects.toThrow('Cannot find package "sise"')
    write('late.ts', `export default await import('sise')`)
    await expect(readConfigFile(directory, 'late.ts')).rejects.toThrow(
      /Cannot find .*sise' imported from \/.*late\.ts$/,
    )
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
