import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparisonDocumentSchema } from '../../src/result/comparison.js'
import { runTune } from '../helpers/cli.js'
import { brief, inCiSite, TURNS } from '../helpers/ci-site.js'
import { spinningApp } from '../helpers/repository.js'

/** CPU per request is what a busy machine disturbs least, so these tests decide on it. */
const BUDGET = 'cpu.per-request vs baseline <= 5%'

describe('tune ci', () => {
  it(
    'passes the same code and leaves everything that a build wants',
    inCiSite(async (site) => {
      const summary = site.path('summary.md')
      // The base runs with the packages of the head: no build, and equal lock files.
      site.repository.write({
        'app.js': `import { turns } from 'greets'\n${spinningApp(TURNS)}\nexport { turns }\n`,
        'package-lock.json': '{"one":1}',
        'node_modules/greets/package.json': JSON.stringify({
          name: 'greets',
          type: 'module',
          exports: './index.js',
        }),
        'node_modules/greets/index.js': 'export const turns = 1',
      })
      site.repository.commit('with a package')
      const args = ['app.js', '--baseline-ref', 'main', '--budget', BUDGET, ...brief('300ms')]
      const { code, stdout, left } = await site.ci(args, { GITHUB_STEP_SUMMARY: summary })
      expect({ code, left }).toEqual({ code: 0, left: [] })
      expect(stdout).toContain('Passed: 1 of 1 budget kept')
      const document = comparisonDocumentSchema.parse(JSON.parse(site.read('comparison.json')))
      expect(document.command).toBe('ci')
      expect(document.run?.trials.length).toBeGreaterThanOrEqual(9)
      expect(document.base.revision).toBe(site.repository.git('rev-parse', 'main'))
      expect(site.read('comment.md')).toMatch(/^<!-- tune-report: ci -->/)
      expect(site.read('note.md')).toMatch(/^<!-- tune-report: ci -->/)
      expect(site.read('junit.xml')).toContain('failures="0"')
      expect(site.read('metrics.txt')).toMatch(/^# TYPE tune_requests_per_second gauge\n[\s\S]*\n# EOF\n$/)
      expect(site.read('trials.jsonl').trimEnd().split('\n')).toHaveLength(document.run!.trials.length)
      expect(readFileSync(summary, 'utf8')).toContain('### Budgets')
      expect(existsSync(site.path('node_modules/greets/index.js'))).toBe(true)
      await site.expectNothingLeft()
    }),
  )

  it(
    'fails a handler that costs more, and names metric, change and interval',
    inCiSite(async (site) => {
      site.repository.write({ 'app.js': spinningApp(TURNS * 1.3) })
      const { code, document, stderr } = await site.ciJson([
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
      await site.expectNothingLeft()
    }),
  )

  it(
    'takes everything from tune.config.ts, builds both, lets flags win, sends a mix, and cannot decide in too little time',
    inCiSite(async (site) => {
      site.repository.write({
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
      site.repository.commit('with a build')
      const routes = [
        { name: 'list', path: '/list', weight: 3 },
        { name: 'read', path: '/read', weight: 1 },
      ]
      site.repository.write({ 'mix.json': JSON.stringify({ requests: routes }) })
      const flags = ['--duration', '300ms', '--workers', '1', '--scenario', 'mix.json', '--generators', '2']
      // A summary that cannot be written does not change what the gate says.
      const { code, stdout, stderr } = await site.ci(['--quiet', ...flags], {
        GITHUB_STEP_SUMMARY: site.path('no/such/folder/summary.md'),
      })
      expect(code).toBe(5)
      expect(stderr).toMatch(/^Warning: the job has no summary: cannot write .*no\/such\/folder/m)
      const { run } = comparisonDocumentSchema.parse(JSON.parse(site.read('comparison.json')))
      expect(run?.request.mix?.routes.map(({ path }) => path)).toEqual(['/list', '/read'])
      expect(new Set(run?.trials.map(({ generators }) => generators))).toEqual(new Set([2]))
      expect(stdout).toMatch(/Inconclusive: \d of 3 budgets kept, \d not decided/)
      expect(stdout).toContain('rps >= 1:')
      expect(stdout).toContain('latency.p99 < 1us')
      expect(stdout).toContain('1 async worker at 8 clients')
      expect(site.read('build-head.log')).toContain(site.repository.folder)
      expect(site.read('build-base.log')).toContain('tune-baseline-')
      await site.expectNothingLeft()
    }),
  )
})

describe('tune compare of two versions', () => {
  it(
    'measures one app in two checkouts in turn, and fails a head that answers with errors',
    inCiSite(async (site) => {
      site.repository.write({
        'old/app.js': spinningApp(TURNS),
        'new/app.js': 'export default (request, response) => { response.statusCode = 500; response.end() }',
      })
      const common = ['--time', '3s', '--duration', '300ms', '--workers', '1', '--quiet', '--json']
      const budget = ['--budget', 'errors.rate < 1%']
      const { code, stdout, left } = await runTune(
        ['compare', 'old', 'new', '--app', 'app.js', ...budget, ...common],
        { cwd: site.repository.folder },
      )
      expect({ code, left }).toEqual({ code: 6, left: [] })
      const document = comparisonDocumentSchema.parse(JSON.parse(stdout))
      expect(document.command).toBe('compare')
      expect(document.budgets).toMatchObject([{ metric: 'errors.rate', outcome: 'fail', observed: 1 }])
      expect(new Set(document.run?.trials.map(({ target }) => target))).toEqual(
        new Set(['base', 'head', 'base-again']),
      )
      const folder = join(site.repository.folder, 'reports', document.run!.name)
      expect(readdirSync(folder)).toEqual(
        expect.arrayContaining(['comparison.json', 'junit.xml', 'trials.jsonl']),
      )
      // Two files are told apart by their names, exports included.
      const files = ['--app-a', 'old/app.js', '--app-b', 'new/app.js:nothing']
      const broken = await runTune(['compare', ...files, ...common], { cwd: site.repository.folder })
      expect({ code: broken.code, left: broken.left }).toEqual({ code: 4, left: [] })
      expect(broken.stdout).toMatch(/the head \(new\/app\.js:nothing\) does not come up/)
    }),
  )
})
