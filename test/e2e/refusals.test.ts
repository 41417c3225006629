import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT, runTune } from '../helpers/cli.js'

const WORKLOADS = join(ROOT, 'dist/profiles/workloads/apps')
const FIXTURES = join(ROOT, 'test/fixtures/apps')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tune-refusals-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('tune analyze that cannot work', () => {
  const cases: [name: string, args: string[], exit: number, code: string, message: RegExp][] = [
    ['a missing file', ['nowhere.ts'], 4, 'TUNE_E_APP_NOT_FOUND', /nowhere\.ts/],
    ['a syntax error', [join(FIXTURES, 'broken-syntax.ts')], 4, 'TUNE_E_APP_SYNTAX', /broken-syntax\.ts:\d+/],
    ['an export that is no app', [join(FIXTURES, 'no-app.js:answer')], 4, 'TUNE_E_APP_KIND', /answer/],
    [
      'an app that throws at start',
      [join(FIXTURES, 'throws.js')],
      4,
      'TUNE_E_APP_THREW',
      /database is not there/,
    ],
    ['an app that exits while it loads', [join(FIXTURES, 'exits.js')], 3, 'TUNE_E_WORKER_BOOT', /worker/i],
    ['an app that answers 500', [join(FIXTURES, 'status-500.js')], 5, 'TUNE_E_APP_ANSWERS', /answered 500/],
    ['no app', [], 2, 'TUNE_E_USAGE', /app/],
    ['an unknown flag', ['app.ts', '--wrokers', '2'], 2, 'TUNE_E_USAGE', /wrokers/],
    ['a budget that is none', ['app.ts', '--budget', 'long'], 2, 'TUNE_E_USAGE', /"long" is not a duration/],
    ['a budget that is too small', ['app.ts', '--budget', '3s'], 2, 'TUNE_E_USAGE', /out of range/],
    ['a header that is none', ['app.ts', '--header', 'nothing'], 2, 'TUNE_E_USAGE', /is not a header/],
  ]

  it.each(cases)(
    '%s: one clear message, and nothing is left running',
    async (_name, args, exit, code, message) => {
      const plain = await runTune(['analyze', ...args, '--quiet'], { cwd: folder })
      expect(plain).toMatchObject({ code: exit, stdout: '', left: [] })
      expect(plain.stderr).toMatch(message)
      expect(plain.stderr).toContain(`(${code}, exit ${exit})`)
      expect(plain.stderr).not.toMatch(/node:internal|\/dist\//)

      const json = await runTune(['analyze', ...args, '--quiet', '--json'], { cwd: folder })
      expect(json).toMatchObject({ code: exit, left: [] })
      expect(JSON.parse(json.stdout)).toMatchObject({ error: { code, exit } })
    },
  )

  it('a report folder that cannot be made', async () => {
    const blocked = join(ROOT, 'package.json', 'report')
    const { code, stderr, left } = await runTune(['analyze', join(WORKLOADS, 'io.js'), '--out', blocked])
    expect(code).toBe(2)
    expect(stderr).toContain('TUNE_E_REPORT_FOLDER')
    expect(left).toEqual([])
  })

  it('a method that cannot be sent is refused before anything is started', async () => {
    const { code, stderr, left } = await runTune(['analyze', join(WORKLOADS, 'io.js'), '--method', 'FOO'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^Error: --method "FOO"/)
    expect(left).toEqual([])
  })
})

describe('requests of a file that is not there', () => {
  it.each([
    ['ci', 'app.js', '--baseline-ref', 'main'],
    ['compare', '--app-a', 'old.js', '--app-b', 'new.js'],
  ])('tune %s says so before anything is started', async (...args) => {
    for (const flag of ['--scenario', '--har']) {
      const { code, stderr, left } = await runTune([...args, flag, 'nowhere.json'], { cwd: folder })
      expect({ code, left }).toEqual({ code: 2, left: [] })
      expect(stderr).toMatch(/^Error: .*nowhere\.json/)
    }
  })
})

it('an empty baseline, as of a variable that is not set, is named as such', async () => {
  const { code, stderr } = await runTune(['ci', 'app.js', '--baseline-ref', ''], { cwd: ROOT })
  expect(code).toBe(2)
  expect(stderr).toMatch(/^Error: The baseline ref is empty/)
})

describe('a command line that no command answers for', () => {
  it.each([
    [['analyse', 'app.ts'], 'There is no command "analyse"', 'Did you mean tune analyze?'],
    [['frob'], 'There is no command "frob"', 'tune help'],
    [['machine', 'extra'], 'tune machine takes no argument "extra" here', 'Leave it out'],
    [['export', 'a', 'b', 'c'], 'takes no argument', 'Leave it out'],
    [['help', 'frob'], 'There is no command "frob"', 'tune help'],
  ])('%j: one message in our form', async (args, message, advice) => {
    const plain = await runTune(args)
    expect(plain).toMatchObject({ code: 2, stdout: '' })
    expect(plain.stderr).toMatch(/^Error: .*\n( {2}→ .*\n)+ {2}\(TUNE_E_USAGE, exit 2\)\n$/)
    expect(plain.stderr).toContain(message)
    expect(plain.stderr).toContain(advice)

    const json = await runTune([...args, '--json'])
    expect(json).toMatchObject({ code: 2, stderr: '' })
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'TUNE_E_USAGE', exit: 2 } })
  })

  it('a stdout that is full', () => {
    const full = openSync('/dev/full', 'w')
    try {
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/run.js'), 'machine'], {
        stdio: ['ignore', full, 'pipe'],
        encoding: 'utf8',
      })
      expect(status).toBe(1)
      expect(stderr).toMatch(
        /^Error: cannot write to stdout: the disk is full\n.*\n {2}\(TUNE_E_OUTPUT, exit 1\)\n$/,
      )
    } finally {
      closeSync(full)
    }
  })
})
