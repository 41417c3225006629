import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runTune, survivors } from '../helpers/cli.js'
import { brief, inCiSite } from '../helpers/ci-site.js'

// What ends without a figure, so these run at the same time.

describe.concurrent('tune ci', () => {
  it.each([
    ['a syntax error', { 'app.js': 'export default (' }, [], 4, /the head .* does not come up: /],
    ['a throw at load', { 'app.js': 'throw new Error("no database")' }, [], 4, /no database/],
    [
      'a failing build',
      {},
      ['--build', 'echo compiling && exit 3'],
      4,
      /the build of the head \(main.*\) failed \(exit code 3\)[\s\S]*compiling/,
    ],
  ])(
    'gives a broken head its error and exit 4: %s',
    inCiSite(
      async (
        site,
        _: string,
        files: Record<string, string>,
        args: string[],
        expected: number,
        message: RegExp,
      ) => {
        site.repository.write(files)
        const { code, stderr, left } = await site.ci([
          'app.js',
          '--baseline-ref',
          'main',
          ...args,
          ...brief('300ms'),
        ])
        expect({ code, left }).toEqual({ code: expected, left: [] })
        expect(stderr).toMatch(message)
        await site.expectNothingLeft()
      },
    ),
  )

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
  it(
    'refuses what it cannot begin with, with exit 2',
    inCiSite(async (site) => {
      const env = { GITHUB_BASE_REF: '', CI_MERGE_REQUEST_TARGET_BRANCH_NAME: '' }
      const answers = await Promise.all(refused.map(([, args]) => site.ci(args, env)))
      for (const [index, [what, , message]] of refused.entries()) {
        expect([what, answers[index]?.code]).toEqual([what, 2])
        expect(answers[index]?.stderr).toMatch(message)
      }
    }),
  )

  it(
    'says in a shallow clone what to fetch',
    inCiSite(async (site) => {
      site.repository.git('switch', '--quiet', '--create', 'feature')
      site.repository.write({ 'new.txt': 'new' })
      site.repository.commit('the head')
      const clone = site.path('clone')
      site.repository.git(
        'clone',
        '--quiet',
        '--depth=1',
        '--branch=feature',
        `file://${site.repository.folder}`,
        clone,
      )
      const { code, stderr } = await runTune(['ci', 'app.js', '--baseline-ref', 'main'], { cwd: clone })
      expect(code).toBe(2)
      expect(stderr).toContain('shallow clone')
      const [command = ''] = /git fetch [^\n]+/.exec(stderr) ?? []
      expect(command).toBe('git fetch --depth=1 origin main:refs/remotes/origin/main')
      site.repository.git('-C', clone, ...command.split(' ').slice(1))
      // Now it has the commit: the build of the head is done, and that of the base is told apart by what it has not.
      const again = await runTune(
        ['ci', 'app.js', '--baseline-ref', 'main', '--build', 'test -f new.txt', '--quiet'],
        { cwd: clone },
      )
      expect(again.code).toBe(4)
      expect(again.stderr).toContain('the build of the base (origin/main')
    }),
  )

  it(
    'does not lend the base packages that another lock file describes',
    inCiSite(async (site) => {
      site.repository.write({ 'package-lock.json': '{"one":1}' })
      site.repository.commit('with a lock file')
      site.repository.write({ 'package-lock.json': '{"one":2}', 'node_modules/greets/index.js': '' })
      const { code, stderr } = await site.ci(['app.js', '--baseline-ref', 'main'])
      expect(code).toBe(2)
      expect(stderr).toMatch(/package-lock\.json differs[\s\S]*--build 'npm ci'/)
      await site.expectNothingLeft()
    }),
  )

  it(
    'refuses a wrong budget of the config before it builds anything',
    inCiSite(async (site) => {
      site.repository.write({
        'tune.config.mjs': `export default { budgets: ['rps >= 1', 'latency.p9 < 1ms'], ci: { build: 'touch built' } }`,
      })
      const { code, stderr } = await site.ci(['app.js', '--baseline-ref', 'main'])
      expect(code).toBe(2)
      expect(stderr).toMatch(/"latency\.p9 < 1ms" \(budgets\[1\] in\s+tune\.config\.mjs,\s+column 1\)/)
      expect(stderr).toContain('Did you mean latency.p9')
      expect(existsSync(site.path('built'))).toBe(false)
    }),
  )

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'removes the checkout and every process after %s',
    inCiSite(async (site, name: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => {
      const running = site.start(['app.js', '--baseline-ref', 'main', '--workers', '1'])
      // Ctrl-C in the middle of the measurement; the other two before it, as soon as all servers are up.
      await running.printed(name === 'SIGINT' ? /measure trial 2/ : /warm up/)
      const [checkout = ''] = site.checkouts()
      expect(readdirSync(join(site.temporary, checkout))).toEqual(['base'])
      running.child.kill(name)
      const { code, stdout } = await running.finished
      if (name !== 'SIGKILL') {
        expect(code).toBe(130)
        expect(stdout).toContain('interrupted')
        expect(existsSync(site.path('perf/comparison.json'))).toBe(true)
      }
      expect(await survivors(running, 5000)).toEqual([])
      await site.expectNothingLeft()
    }),
  )

  it(
    'stops a build at Ctrl-C, with what the build has started',
    inCiSite(async (site) => {
      const build = ['--build', 'sleep 300 & sleep 300']
      const running = site.start(['app.js', '--baseline-ref', 'main', ...build])
      await running.printed('build main')
      await sleep(300)
      running.child.kill('SIGINT')
      const { code, stderr } = await running.finished
      expect(code).toBe(130)
      expect(stderr).toContain('interrupted before anything was measured')
      expect(await survivors(running, 2000)).toEqual([])
    }),
  )
})

describe.concurrent('tune compare of two versions', () => {
  it(
    'refuses what makes no two versions',
    inCiSite(async (site) => {
      const refused: [args: string[], message: RegExp][] = [
        [['--app-a', 'app.js'], /app-b/],
        [['--app', 'app.js'], /two checkouts/],
        [['one'], /Two results are needed/],
        [['.', 'missing', '--app', 'app.js'], /missing is not a folder/],
      ]
      const cwd = site.repository.folder
      const answers = await Promise.all(refused.map(([args]) => runTune(['compare', ...args], { cwd })))
      for (const [index, [args, message]] of refused.entries()) {
        expect([args, answers[index]?.code]).toEqual([args, 2])
        expect(answers[index]?.stderr).toMatch(message)
      }
    }),
  )
})
