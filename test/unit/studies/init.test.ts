import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findApp } from '../../../src/studies/init/find-app.js'
import { detectCi, planInit } from '../../../src/studies/init/files.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-init-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

describe('findApp', () => {
  it.each([
    [
      'the start script',
      { 'package.json': '{"scripts":{"start":"node --enable-source-maps ./bin/www.js"}}', 'bin/www.js': '' },
      'bin/www.js',
    ],
    [
      'the source of what is started',
      {
        'package.json': '{"scripts":{"start":"node dist/server.js"}}',
        'src/server.ts': '',
        'dist/server.js': '',
      },
      'src/server.ts',
    ],
    ['main', { 'package.json': '{"main":"lib/api.cjs"}', 'lib/api.cjs': '' }, 'lib/api.cjs'],
    ['a usual name', { 'src/app.ts': '', 'index.js': '' }, 'src/app.ts'],
    ['a usual name without package.json', { 'server.mjs': '' }, 'server.mjs'],
    [
      'a usual name where main is not built',
      { 'package.json': '{"main":"dist/nothing.js"}', 'src/index.ts': '' },
      'src/index.ts',
    ],
  ])('finds %s', (_, files, app) => {
    write(files)
    expect(findApp(folder).app).toBe(app)
  })

  it.each([
    [{ 'src/app.ts': '', 'package-lock.json': '' }, 'npm ci'],
    [{ 'src/app.ts': '', 'pnpm-lock.yaml': '' }, 'pnpm install --frozen-lockfile'],
    [
      {
        'dist/app.js': '',
        'package.json': '{"main":"dist/app.js","scripts":{"build":"tsc"}}',
        'package-lock.json': '',
      },
      'npm ci && npm run build',
    ],
    [{ 'src/app.ts': '', 'package.json': '{"scripts":{"build":"tsc"}}' }, null],
  ])('knows what makes a checkout ready: %j', (files, build) => {
    write(files)
    expect(findApp(folder).build).toBe(build)
  })

  it('says so when there is nothing, or nothing readable', () => {
    expect(() => findApp(folder)).toThrow(/There is no app/)
    write({ 'package.json': '{' })
    expect(() => findApp(folder)).toThrow(/package\.json cannot be read/)
  })
})

describe('planInit', () => {
  it.each(['github', 'gitlab'] as const)('writes a %s workflow that parses, whatever the names', (system) => {
    write({ 'package.json': `{"main":"a b/it's: #1.js"}`, "a b/it's: #1.js": '', 'yarn.lock': '' })
    const { files } = planInit(folder, findApp(folder), system)
    expect(files[0]?.text).toContain(`app: 'a b/it\\'s: #1.js'`)
    const workflow = parse(files[1]?.text ?? '', { strict: true }) as Record<string, unknown>
    expect(workflow).toHaveProperty(system === 'github' ? 'jobs.tune.steps' : 'performance.script')
    expect(files[1]?.text).toContain('yarn install --frozen-lockfile')
    expect(files[1]?.text).toContain('npx tune ci')
  })

  it('leaves a pipeline that is there to its owner', () => {
    write({ 'app.js': '', '.gitlab-ci.yml': 'test: {}' })
    expect(detectCi(folder)).toBe('gitlab')
    const { files, next } = planInit(folder, findApp(folder), 'gitlab')
    expect(files.map(({ path }) => path)).toEqual(['tune.config.ts', '.gitlab/tune.gitlab-ci.yml'])
    expect(next.join('\n')).toContain('include: { local: .gitlab/tune.gitlab-ci.yml }')
  })
})
