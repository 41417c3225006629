import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { comparisonDocumentSchema, type ComparisonDocument } from '../../src/result/comparison.js'
import { runTune, startTune, survivors, type Running } from '../helpers/cli.js'
import { createRepository, PACKAGE, spinningApp, type Repository } from '../helpers/repository.js'

const TURNS = 200_000
/** CPU per request is what a busy machine disturbs least, so these tests decide on it. */
const BUDGET = 'cpu.per-request vs baseline <= 5%'
const BRIEF = ['--time', '12s', '--duration', '400ms', '--workers', '1', '--quiet']

let repository: Repository
let before: string[]
let running: Running | undefined

beforeEach(() => {
  before = checkouts()
  repository = createRepository()
  repository.write({
    'package.json': PACKAGE,
    'app.js': spinningApp(TURNS),
    '.gitignore': 'perf\nnode_modules\n',
  })
  repository.commit('the base')
})
afterEach(() => {
  running?.reap()
  running = undefined
  repository.remove()
})

function checkouts(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('tune-baseline-'))
}

const ci = (args: string[], env: Record<string, string> = {}) =>
  runTune(['ci', ...args, '--out', 'perf'], { cwd: repository.folder, env })
const ciJson = async (
  args: string[],
): Promise<{ code: number | null; document: ComparisonDocument; stderr: string }> => {
  const { code, stdout, stderr } = await ci([...args, '--json'])
  return { code, stderr, document: comparisonDocumentSchema.parse(JSON.parse(stdout)) }
}

/** Neither a folder nor a note of git's is left of the baseline. */
async function expectNothingLeft(): Promise<void> {
  for (let wait = 0; wait < 50 && checkouts().length > before.length; wait++) await sleep(100)
  expect(checkouts()).toEqual(before)
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
}

describe('tune ci', () => {
  it('passes the same code and leaves everything that a build wants', async () => {
    const summary = join(repository.folder, 'summary.md')
    const args = ['app.js', '--baseline-ref', 'main', '--budget', BUDGET, ...BRIEF]
    const { code, stdout, left } = await ci(args, { GITHUB_STEP_SUMMARY: summary })
    expect({ code, left }).toEqual({ code: 0, left: [] })
    expect(stdout).toContain('Passed: 1 of 1 budget kept')
    const read = (name: string): string => readFileSync(join(repository.folder, 'perf', name), 'utf8')
    const document = comparisonDocumentSchema.parse(JSON.parse(read('comparison.json')))
    expect(document.command).toBe('ci')
    expect(document.run?.trials.length).toBeGreaterThanOrEqual(9)
    expect(document.base.revision).toBe(repository.git('rev-parse', 'main'))
    expect(read('comment.md')).toMatch(/^<!-- tune-report: ci -->/)
    expect(read('note.md')).toMatch(/^<!-- tune-report: ci -->/)
    expect(read('junit.xml')).toContain('failures="0"')
    expect(read('metrics.txt')).toMatch(/^# TYPE tune_requests_per_second gauge\n[\s\S]*\n# EOF\n$/)
    expect(read('trials.jsonl').trimEnd().split('\n')).toHaveLength(document.run!.trials.length)
    expect(readFileSync(summary, 'utf8')).toContain('### Budgets')
    await expectNothingLeft()
  })

  it('fails a handler that costs more, and names metric, change and interval', async () => {
    repository.write({ 'app.js': spinningApp(TURNS * 1.3) })
    const { code, document, stderr } = await ciJson([
      'app.js',
      '--baseline-ref',
      'main',
      '--budget',
      BUDGET,
      ...BRIEF,
    ])
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' })
    expect(document.gate).toBe('fail')
    expect(document.budgets[0]).toMatchObject({ metric: 'cpu.per-request', outcome: 'fail' })
    expect(document.budgets[0]?.low).toBeGreaterThan(0.05)
    expect(document.head.name).toBe('main with uncommitted changes')
    await expectNothingLeft()
  })

  it('cannot decide in too little time: exit 5, or as told', async () => {
    const args = [
      'app.js',
      '--baseline-ref',
      'main',
      '--budget',
      'rps vs baseline >= -0.01%',
      '--time',
      '3s',
      '--quiet',
    ]
    expect((await ci(args)).code).toBe(5)
    const { code, stdout } = await runTune(['ci', ...args, '--on-inconclusive', 'warn', '--out', 'again'], {
      cwd: repository.folder,
    })
    expect(code).toBe(0)
    expect(stdout).toContain('Inconclusive: 0 of 1 budget kept, 1 not decided')
  })

  it('takes everything from tune.config.ts, builds both, and lets flags win', async () => {
    repository.write({
      'source/app.js': spinningApp(TURNS),
      'app.js': null,
      'tune.config.ts': `import { defineConfig } from 'tune-prefork'
export default defineConfig({
  serve: { workers: 1, workerClass: 'async' },
  budgets: ['rps >= 1', { limit: 'latency.p99 < 1us', level: 'warn' }],
  ci: { app: 'dist/app.js', baselineRef: 'main', build: 'mkdir -p dist && cp source/app.js dist/app.js && pwd', time: '3s' },
})
`,
    })
    repository.commit('with a build')
    const { code, stdout } = await ci(['--quiet', '--duration', '400ms', '--on-inconclusive', 'pass'])
    expect(code).toBe(0)
    expect(stdout).toContain('rps >= 1:')
    expect(stdout).toContain('latency.p99 < 1us')
    expect(stdout).toContain('1 async worker at 8 clients')
    const log = (name: string): string => readFileSync(join(repository.folder, 'perf', name), 'utf8')
    expect(log('build-head.log')).toContain(repository.folder)
    expect(log('build-base.log')).toContain('tune-baseline-')
    await expectNothingLeft()
  })

  it.each([
    ['a syntax error', { 'app.js': 'export default (' }, [], 4, /the head .* does not come up: /],
    ['a throw at load', { 'app.js': 'throw new Error("no database")' }, [], 4, /no database/],
    [
      'a failing build',
      {},
      ['--build', 'echo compiling && exit 3'],
      4,
      /the build of the main.* failed \(exit code 3\)[\s\S]*compiling/,
    ],
  ])('gives a broken head its error and exit 4: %s', async (_, files, args, expected, message) => {
    repository.write(files)
    const { code, stderr, left } = await ci(['app.js', '--baseline-ref', 'main', ...args, ...BRIEF])
    expect({ code, left }).toEqual({ code: expected, left: [] })
    expect(stderr).toMatch(message)
    await expectNothingLeft()
  })

  it('fails a head that answers with errors', async () => {
    repository.write({
      'app.js': 'export default (request, response) => { response.statusCode = 500; response.end() }',
    })
    const { code, document } = await ciJson([
      'app.js',
      '--baseline-ref',
      'main',
      '--time',
      '4s',
      '--workers',
      '1',
      '--quiet',
    ])
    expect(code).toBe(6)
    expect(document.budgets.find(({ metric }) => metric === 'errors.rate')).toMatchObject({
      outcome: 'fail',
      observed: 1,
    })
  })

  it.each([
    [
      'an unknown ref',
      ['app.js', '--baseline-ref', 'nowhere'],
      /"nowhere" names no commit[\s\S]*git branch --all/,
    ],
    ['a ref that looks like a flag', ['app.js', '--baseline-ref=--all'], /"--all" names no commit/],
    ['no app', ['--baseline-ref', 'main'], /not told the app/],
    ['no baseline', ['app.js'], /not told the baseline/],
    [
      'an unknown metric',
      ['app.js', '--baseline-ref', 'main', '--budget', 'latency.p98 < 1ms'],
      /no metric "latency\.p98"[\s\S]*Did you mean latency\.p95/,
    ],
  ])('refuses %s with exit 2', async (_, args, message) => {
    const { code, stderr } = await ci(args, { GITHUB_BASE_REF: '', CI_MERGE_REQUEST_TARGET_BRANCH_NAME: '' })
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('says in a shallow clone what to fetch', async () => {
    repository.git('switch', '--quiet', '--create', 'feature')
    repository.write({ 'new.txt': 'new' })
    repository.commit('the head')
    const clone = join(repository.folder, 'clone')
    repository.git('clone', '--quiet', '--depth=1', '--branch=feature', `file://${repository.folder}`, clone)
    const { code, stderr } = await runTune(['ci', 'app.js', '--baseline-ref', 'main'], { cwd: clone })
    expect(code).toBe(2)
    expect(stderr).toContain('shallow clone')
    const [command = ''] = /git fetch [^\n]+/.exec(stderr) ?? []
    expect(command).toBe('git fetch --depth=1 origin main:refs/remotes/origin/main')
    repository.git('-C', clone, ...command.split(' ').slice(1))
    const again = await runTune(
      [
        'ci',
        'app.js',
        '--baseline-ref',
        'main',
        '--time',
        '3s',
        '--budget',
        'rps >= 1',
        '--on-inconclusive',
        'pass',
        '--quiet',
      ],
      { cwd: clone },
    )
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('feature against origin/main')
  })

  it('lends the base the packages of the head only when their lock files are equal', async () => {
    const greets = `import { turns } from 'greets'\n${spinningApp(1000)}\nexport { turns }\n`
    repository.write({
      'app.js': greets,
      'package-lock.json': '{"one":1}',
      'node_modules/greets/package.json': JSON.stringify({
        name: 'greets',
        type: 'module',
        exports: './index.js',
      }),
      'node_modules/greets/index.js': 'export const turns = 1',
    })
    repository.commit('with a package')
    const args = [
      'app.js',
      '--baseline-ref',
      'main',
      '--time',
      '3s',
      '--budget',
      'rps >= 1',
      '--on-inconclusive',
      'pass',
      '--quiet',
    ]
    expect((await ci(args)).code).toBe(0)
    expect(existsSync(join(repository.folder, 'node_modules/greets/index.js'))).toBe(true)
    repository.write({ 'package-lock.json': '{"one":2}' })
    const { code, stderr } = await ci(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(/package-lock\.json differs[\s\S]*--build 'npm ci'/)
    await expectNothingLeft()
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'removes the checkout and every process after %s',
    async (name) => {
      running = startTune(['ci', 'app.js', '--baseline-ref', 'main', '--time', '60s', '--out', 'perf'], {
        cwd: repository.folder,
      })
      await running.printed(/measure trial 2/)
      const checkout = checkouts().find((one) => !before.includes(one)) ?? ''
      expect(readdirSync(join(tmpdir(), checkout))).toEqual(['base'])
      running.child.kill(name)
      const { code, stdout } = await running.finished
      if (name !== 'SIGKILL') {
        expect(code).toBe(130)
        expect(stdout).toContain('interrupted')
        expect(existsSync(join(repository.folder, 'perf/comparison.json'))).toBe(true)
      }
      expect(await survivors(running, 5000)).toEqual([])
      await expectNothingLeft()
    },
  )

  it('stops a build at Ctrl-C, with what the build has started', async () => {
    running = startTune(['ci', 'app.js', '--baseline-ref', 'main', '--build', 'sleep 300 & sleep 300'], {
      cwd: repository.folder,
    })
    await running.printed('build main')
    await sleep(300)
    running.child.kill('SIGINT')
    const { code, stderr } = await running.finished
    expect(code).toBe(130)
    expect(stderr).toContain('interrupted before anything was measured')
    expect(await survivors(running, 2000)).toEqual([])
  })
})

describe('tune compare of two versions', () => {
  it('measures two files in turn, and one app in two checkouts', async () => {
    repository.write({ 'old/app.js': spinningApp(TURNS), 'new/app.js': spinningApp(TURNS) })
    const common = [
      '--time',
      '3s',
      '--workers',
      '1',
      '--quiet',
      '--budget',
      'rps >= 1',
      '--on-inconclusive',
      'pass',
      '--json',
    ]
    for (const args of [
      ['--app-a', 'old/app.js', '--app-b', 'new/app.js:default'],
      ['old', 'new', '--app', 'app.js'],
    ]) {
      const { code, stdout, left } = await runTune(['compare', ...args, ...common], {
        cwd: repository.folder,
      })
      expect({ code, left }).toEqual({ code: 0, left: [] })
      const document = comparisonDocumentSchema.parse(JSON.parse(stdout))
      expect(document.command).toBe('compare')
      expect(new Set(document.run?.trials.map(({ target }) => target))).toEqual(
        new Set(['base', 'head', 'base-again']),
      )
      const folder = join(repository.folder, 'reports', document.run!.name)
      expect(readdirSync(folder)).toEqual(
        expect.arrayContaining(['comparison.json', 'junit.xml', 'trials.jsonl']),
      )
    }
  })

  it.each([
    [['--app-a', 'app.js'], /app-b/],
    [['--app', 'app.js'], /two checkouts/],
    [['one'], /Two results are needed/],
    [['.', 'missing', '--app', 'app.js'], /missing is not a folder/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await runTune(['compare', ...args], { cwd: repository.folder })
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
  })
})
