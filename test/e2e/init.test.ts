import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT, runTune } from '../helpers/cli.js'
import { createRepository, PACKAGE, spinningApp, type Repository } from '../helpers/repository.js'

let repository: Repository
beforeEach(() => {
  repository = createRepository()
  repository.write({
    'package.json': PACKAGE,
    'src/server.ts': spinningApp(50_000).replace(
      '(request, response)',
      '(request: unknown, response: { end(text: string): void })',
    ),
  })
})
afterEach(() => repository.remove())

const init = (...args: string[]) => runTune(['init', ...args], { cwd: repository.folder })
const has = (path: string): boolean => existsSync(join(repository.folder, path))

describe('tune init', () => {
  it('writes a configuration that tune serve and tune ci accept', async () => {
    const { code, stdout, stderr } = await init()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('The app is src/server.ts (its name)')
    expect(stdout).toContain('npm install --save-dev tune-prefork')
    const workflow = parse(
      readFileSync(join(repository.folder, '.github/workflows/tune.yml'), 'utf8'),
    ) as object
    expect(workflow).toHaveProperty('jobs.tune.steps')
    const checked = await runTune(['serve', 'src/server.ts', '--check-config'], { cwd: repository.folder })
    expect(checked).toMatchObject({ code: 0, stdout: 'The settings and the app are good\n' })
    const config = readFileSync(join(repository.folder, 'tune.config.ts'), 'utf8')
    repository.write({ 'tune.config.ts': config.replace('rps vs baseline', 'rsp vs baseline') })
    const refused = await runTune(['serve', 'src/server.ts', '--check-config'], { cwd: repository.folder })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/"rsp vs baseline >= -5%" \(budgets\[0\] in\s+tune\.config\.ts/)
    expect(refused.stderr).toContain('Did you mean rps?')
    repository.write({ 'tune.config.ts': config })
    repository.commit('with tune')
    const args = ['ci', '--baseline-ref', 'main', '--time', '3s', '--on-inconclusive', 'pass', '--quiet']
    const measured = await runTune(args, { cwd: repository.folder })
    expect(measured.stderr).toBe('')
    expect(measured.code).toBe(0)
    expect(measured.stdout).toContain('rps vs baseline >= -5%')
  })

  it('writes nothing with --dry-run, and overwrites nothing without --force', async () => {
    const dry = await init('--dry-run', '--ci', 'gitlab')
    expect(dry.stdout).toMatch(/^# tune\.config\.ts\n[\s\S]*# \.gitlab-ci\.yml\n/)
    expect(has('tune.config.ts') || has('.gitlab-ci.yml')).toBe(false)
    repository.write({ 'tune.config.ts': 'export default {}\n' })
    const { code, stderr } = await init()
    expect(code).toBe(2)
    expect(stderr).toContain('tune.config.ts is there already')
    expect(has('.github')).toBe(false)
    expect((await init('--force', '--ci', 'none', '--json')).stdout).toContain('"app": "src/server.ts"')
    expect(readFileSync(join(repository.folder, 'tune.config.ts'), 'utf8')).toContain('defineConfig')
    expect((await init('src/missing.ts')).code).toBe(2)
  })
})

interface Step {
  name: string
  run?: string
  uses?: string
  env?: Record<string, string>
}

describe('action.yml', () => {
  const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { description: string }>
    runs: { using: string; steps: Step[] }
  }
  const { steps } = action.runs
  const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]))

  it('is a composite action that uses every input, and none inside of a script', () => {
    expect(action.runs.using).toBe('composite')
    const text = JSON.stringify(steps)
    for (const name of Object.keys(action.inputs)) expect(text).toContain(`inputs.${name}`)
    for (const script of scripts) {
      // A value that is pasted into a script is code; through the environment it stays text.
      expect(script).not.toContain('${{')
      expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0)
    }
  })

  it('measures as the command does, and keeps its exit code for the last step', () => {
    repository.write({ 'app.js': spinningApp(50_000), 'output.txt': '' })
    repository.commit('base')
    const measure = steps.find(({ name }) => name === 'Measure')!
    const env = Object.fromEntries(Object.keys(measure.env ?? {}).map((name) => [name, '']))
    const given = { APP: 'app.js', BASELINE: 'main', TIME: '3s', OUT: 'perf dir', ON_INCONCLUSIVE: 'fail' }
    const { status, stderr } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', measure.run!],
      {
        cwd: repository.folder,
        encoding: 'utf8',
        env: {
          ...process.env,
          ...env,
          ...given,
          BUDGETS: 'rps >= 1\n\nrps >= 99999999\n',
          GITHUB_ACTION_PATH: ROOT,
          GITHUB_OUTPUT: join(repository.folder, 'output.txt'),
          GITHUB_STEP_SUMMARY: join(repository.folder, 'summary.md'),
        },
      },
    )
    expect(status).toBe(0)
    expect(stderr).toMatch(/::(error|warning) title=Performance budget/)
    expect(readFileSync(join(repository.folder, 'output.txt'), 'utf8')).toBe('exit-code=6\n')
    expect(has('perf dir/comment.md')).toBe(true)
    expect(readFileSync(join(repository.folder, 'summary.md'), 'utf8')).toContain('rps >= 99999999')
  })
})
