import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textOf, withApp } from '../helpers/serve-app.js'

let root: string

const files: Record<string, string> = {
  // A package with one flavour for import, another for require and a third one for bundlers.
  'node_modules/dual/package.json': JSON.stringify({
    exports: { '.': { module: './bundler.js', import: './i.mjs', require: './r.cjs' }, './sub': './sub.cjs' },
  }),
  'node_modules/dual/bundler.js': 'throw new Error("the flavour for bundlers was loaded")',
  'node_modules/dual/i.mjs': 'export default "import flavour"',
  'node_modules/dual/r.cjs': 'module.exports = "require flavour"',
  'node_modules/dual/sub.cjs': 'exports.name = __filename.split("/").slice(-2).join("/")',
  // No exports field: `module` is for bundlers, Node reads `main`.
  'node_modules/old/package.json': '{ "main": "main.js", "module": "module.js" }',
  'node_modules/old/main.js': 'module.exports = "main"',
  'node_modules/old/module.js': 'export default "module"',
  // A workspace: a link to TypeScript outside node_modules, with side effects that Node would run.
  'packages/shared/package.json':
    '{ "name": "shared", "type": "module", "main": "index.ts", "sideEffects": false }',
  'packages/shared/index.ts': 'import "./effect.js"\nexport const place: string = import.meta.filename',
  'packages/shared/effect.ts': '(globalThis as { effect?: string }).effect = "effect"',
  'esm/package.json': '{ "type": "module", "imports": { "#config": "./config.ts" } }',
  'esm/config.ts': 'export const config: string = "imports field"',
  'esm/app.ts': `
    import dual from 'dual'
    import { name } from 'dual/sub'
    import old from 'old'
    import { place } from 'shared'
    import { config } from '#config'
    import type { Nothing } from 'types-only'
    import { createRequire } from 'node:module'
    const optional = await import('optional-and-absent').catch((error: Error) => error.message)
    const required = createRequire(import.meta.url)('dual')
    const found = { dual, required, name, old, place, config, optional, effect: (globalThis as { effect?: string }).effect }
    export default (_req: Nothing, res: { end(text: string): void }) => res.end(JSON.stringify(found))`,
  'cjs/package.json': '{ "type": "commonjs" }',
  'cjs/app.ts': `
    import dual from 'dual'
    let optional = 'found'
    try { require('optional-and-absent') } catch (error) { optional = (error as { code: string }).code }
    const lazy = import('dual')
    export default async (_req: unknown, res: { end(text: string): void }) =>
      res.end(JSON.stringify({ dual, optional, lazy: (await lazy).default, resolved: require.resolve('dual') }))`,
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tune-packages-')))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  symlinkSync('../packages/shared', join(root, 'node_modules/shared'))
})
afterAll(() => rmSync(root, { recursive: true }))

test('packages are resolved as Node resolves them, from an ES module', async () => {
  await withApp('esm/app.ts', root, async ({ origin }) => {
    const { optional, ...found } = JSON.parse(await textOf(origin))
    expect(found).toEqual({
      dual: 'import flavour',
      required: 'require flavour',
      name: 'dual/sub.cjs',
      old: 'main',
      place: join(root, 'packages/shared/index.ts'),
      config: 'imports field',
      effect: 'effect',
    })
    expect(optional).toContain("Cannot find package 'optional-and-absent'")
  })
})

test('packages are resolved as Node resolves them, from CommonJS', async () => {
  await withApp('cjs/app.ts', root, async ({ origin }) => {
    expect(JSON.parse(await textOf(origin))).toEqual({
      dual: 'require flavour',
      optional: 'MODULE_NOT_FOUND',
      lazy: 'import flavour',
      resolved: join(root, 'node_modules/dual/r.cjs'),
    })
  })
})

test('compiling leaves no process behind, nothing beside the source, and nothing in the temporary folder', () => {
  const before = readdirSync(join(root, 'esm'))
  const temporary = join(root, 'tmp')
  mkdirSync(temporary)
  const script = `
    import { compileApp } from '${new URL('../../dist/server/app/index.js', import.meta.url).href}'
    import { existsSync, readFileSync, readdirSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    const apps = await Promise.all([compileApp('esm/app.ts', '.'), compileApp('cjs/app.ts', '.')])
    const again = await compileApp('esm/app.ts', '.')
    const isChild = (pid) => {
      try { return readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ')[1] === String(process.pid) }
      catch { return false }
    }
    const childrenLeft = () => process.platform === 'linux' && readdirSync('/proc').some(isChild)
    const during = compileApp('esm/app.ts', '.')
    let seen = false
    for (let tries = 0; tries < 100 && !seen; tries++) { await setTimeout(1); seen = childrenLeft() }
    await during
    for (let tries = 0; tries < 100 && childrenLeft(); tries++) await setTimeout(20)
    apps[0].dispose()
    console.log(JSON.stringify({ seen, childrenLeft: childrenLeft(), exist: [...apps, again].map((app) => existsSync(app.entryPath)) }))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary },
  })
  expect(JSON.parse(output)).toEqual({
    seen: process.platform === 'linux',
    childrenLeft: false,
    exist: [false, true, true],
  })
  expect(readdirSync(join(root, 'esm'))).toEqual(before)
  expect(readdirSync(temporary)).toEqual([])
})
