import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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
const brief = (duration: string): string[] => [
  // It ends once it is decided; only a busy machine takes all of it.
  ...['--time', '25s', '--duration', duration, '--workers', '1', '--quiet'],
]

let repository: Repository
/** Of this test alone: other runs of this machine check out into the common one. */
let temporary: string
let running: Running | undefined

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'tune-ci-'))
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
  rmSync(temporary, { recursive: true, force: true })
})

function checkouts(): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith('tune-baseline-'))
}

/** Where it runs, with a temporary folder of its own. */
const here = (env: Record<string, string> = {}) => ({
  cwd: repository.folder,
  env: { TMPDIR: temporary, ...env },
})
const ci = (args: string[], env: Record<string, string> = {}) =>
  runTune(['ci', ...args, '--out', 'perf'], here(env))
const ciJson = async (
  args: string[],
): Promise<{ code: number | null; document: ComparisonDocument; stderr: string }> => {
  const { code, stdout, stderr } = await ci([...args, '--json'])
  return { code, stderr, document: comparisonDocumentSchema.parse(JSON.parse(stdout)) }
}

/** Neither a folder nor a note of git's is left of the baseline. */
async function expectNothingLeft(): Promise<void> {
  for (let wait = 0; wait < 50 && checkouts().length > 0; wait++) await sleep(100)
  expect(checkouts()).toEqual([])
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1)
}

describe('tune ci', () => {
  it('passes the same code and leaves everything that a build wants', async () => {
    const summary = join(repository.folder, 'summary.md')
    // The base runs with the packages of the head: no build, and equal lock files.
    repository.write({
      'app.js': `import { turns } from 'greets'\n${spinningApp(TURNS)}\nexport { turns }\n`,
      'package-lock.json': '{"one":1}',
      'node_modules/greets/package.json': JSON.stringify({
        name: 'greets',
        type: 'module',
        exports: './index.js',
      }),
      'node_modules/greets/index.js': 'export const turns = 1',
    })
    repository.commit('with a package')
    const args = ['app.js', '--baseline-ref', 'main', '--budget', BUDGET, ...brief('300ms')]
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
    expect(existsSync(join(repository.folder, 'node_modules/greets/index.js'))).toBe(true)
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
      ...brief('150ms'),
    ])
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' })
    expect(document.gate).toBe('fail')
    expect(document.budgets[0]).toMatchObject({ metric: 'cpu.per-request', outcome: 'fail' })
    expect(document.budgets[0]?.low).toBeGreaterThan(0.05)
    expect(document.head.name).toBe('main with uncommitted changes')
    await expectNothingLeft()
  })

  it('takes everything from tune.config.ts, builds both, lets flags win, and cannot decide in too little time', async () => {
    repository.write({
      'source/app.js': spinningApp(TURNS),
      'app.js': null,
      'tune.config.ts': `import { defineConfig } from 'tune-prefork'
export default defineConfig({
  serve: { workers: 2, workerClass: 'async' },
  budgets: ['rps >= 1', { limit: 'latency.p99 < 1us', level: 'warn' }, 'rps vs baseline >= -0.01%'],
  ci: { app: 'dist/app.js', baselineRef: 'main', build: 'mkdir -p dist && cp source/app.js dist/app.js && pwd', time: '3s' },
})
`,
    })
    repository.commit('with a build')
    const { code, stdout } = await ci(['--quiet', '--duration', '300ms', '--workers', '1'])
    expect(code).toBe(5)
    expect(stdout).toMatch(/Inconclusive: \d of 3 budgets kept, \d not decided/)
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
    const { code, stderr, left } = await ci(['app.js', '--baseline-ref', 'main', ...args, ...brief('300ms')])
    expect({ code, left }).toEqual({ code: expected, left: [] })
    expect(stderr).toMatch(message)
    await expectNothingLeft()
  })

  const refused: [what: string, args: string[], message: RegExp][] = [
    [
      'an unknown ref',
      ['app.js', '--baseline-ref', 'nowhere'],
      /"nowhere" names no commit[\s\S]*git branch --all/,
    ],
    ['a ref that looks like a flag', ['app.js', '--baseline-ref=--all'], /"--all" names no commit/],
    ['no app', ['--baseline-ref', 'main'], /not told the app/],
    ['no baseline', ['app.js'], /not told the baseline/],
  ]
  it('refuses what it cannot begin with, with exit 2', async () => {
    const env = { GITHUB_BASE_REF: '', CI_MERGE_REQUEST_TARGET_BRANCH_NAME: '' }
    const answers = await Promise.all(refused.map(([, args]) => ci(args, env)))
    for (const [index, [what, , message]] of refused.entries()) {
      expect([what, answers[index]?.code]).toEqual([what, 2])
      expect(answers[index]?.stderr).toMatch(message)
    }
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
    // Now it has the commit: the build of the head is done, and that of the base is told apart by what it has not.
    const again = await runTune(
      ['ci', 'app.js', '--baseline-ref', 'main', '--build', 'test -f new.txt', '--quiet'],
      { cwd: clone },
    )
    expect(again.code).toBe(4)
    expect(again.stderr).toContain('the build of the origin/main')
  })

  it('does not lend the base packages that another lock file describes', async () => {
    repository.write({ 'package-lock.json': '{"one":1}' })
    repository.commit('with a lock file')
    repository.write({ 'package-lock.json': '{"one":2}', 'node_modules/greets/index.js': '' })
    const { code, stderr } = await ci(['app.js', '--baseline-ref', 'main'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/package-lock\.json differs[\s\S]*--build 'npm ci'/)
    await expectNothingLeft()
  })

  it('refuses a wrong budget of the config before it builds anything', async () => {
    repository.write({
      'tune.config.mjs': `export default { budgets: ['rps >= 1', 'latency.p9 < 1ms'], ci: { build: 'touch built' } }`,
    })
    const { code, stderr } = await ci(['app.js', '--baseline-ref', 'main'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/"latency\.p9 < 1ms" \(budgets\[1\] in\s+tune\.config\.mjs,\s+column 1\)/)
    expect(stderr).toContain('Did you mean latency.p9')
    expect(existsSync(join(repository.folder, 'built'))).toBe(false)
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'removes the checkout and every process after %s',
    async (name) => {
      const args = ['app.js', '--baseline-ref', 'main', '--workers', '1', '--out', 'perf']
      running = startTune(['ci', ...args], here())
      // Ctrl-C in the middle of the measurement; the other two before it, as soon as all servers are up.
      await running.printed(name === 'SIGINT' ? /measure trial 2/ : /warm up/)
      const [checkout = ''] = checkouts()
      expect(readdirSync(join(temporary, checkout))).toEqual(['base'])
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
    const build = ['--build', 'sleep 300 & sleep 300']
    running = startTune(['ci', 'app.js', '--baseline-ref', 'main', ...build], here())
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
  it('measures one app in two checkouts in turn, and fails a head that answers with errors', async () => {
    repository.write({
      'old/app.js': spinningApp(TURNS),
      'new/app.js': 'export default (request, response) => { response.statusCode = 500; response.end() }',
    })
    const common = ['--time', '3s', '--duration', '300ms', '--workers', '1', '--quiet', '--json']
    const budget = ['--budget', 'errors.rate < 1%']
    const { code, stdout, left } = await runTune(
      ['compare', 'old', 'new', '--app', 'app.js', ...budget, ...common],
      { cwd: repository.folder },
    )
    expect({ code, left }).toEqual({ code: 6, left: [] })
    const document = comparisonDocumentSchema.parse(JSON.parse(stdout))
    expect(document.command).toBe('compare')
    expect(document.budgets).toMatchObject([{ metric: 'errors.rate', outcome: 'fail', observed: 1 }])
    expect(new Set(document.run?.trials.map(({ target }) => target))).toEqual(
      new Set(['base', 'head', 'base-again']),
    )
    const folder = join(repository.folder, 'reports', document.run!.name)
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(['comparison.json', 'junit.xml', 'trials.jsonl']),
    )
    // Two files are told apart by their names, exports included.
    const files = ['--app-a', 'old/app.js', '--app-b', 'new/app.js:nothing']
    const broken = await runTune(['compare', ...files, ...common], { cwd: repository.folder })
    expect({ code: broken.code, left: broken.left }).toEqual({ code: 4, left: [] })
    expect(broken.stdout).toMatch(/the head \(new\/app\.js:nothing\) does not come up/)
  })

  it('refuses what makes no two versions', async () => {
    const refused: [args: string[], message: RegExp][] = [
      [['--app-a', 'app.js'], /app-b/],
      [['--app', 'app.js'], /two checkouts/],
      [['one'], /Two results are needed/],
      [['.', 'missing', '--app', 'app.js'], /missing is not a folder/],
    ]
    const cwd = repository.folder
    const answers = await Promise.all(refused.map(([args]) => runTune(['compare', ...args], { cwd })))
    for (const [index, [args, message]] of refused.entries()) {
      expect([args, answers[index]?.code]).toEqual([args, 2])
      expect(answers[index]?.stderr).toMatch(message)
    }
  })
})
