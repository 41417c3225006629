import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { comparisonDocumentSchema, type ComparisonDocument } from '../../src/result/comparison.js'
import { runTune, startTune, type Finished, type Running, type RunOptions } from './cli.js'
import { createRepository, PACKAGE, spinningApp, type Repository } from './repository.js'

export const TURNS = 200_000

/** One worker, and no longer than needed: it ends once it is decided; only a busy machine takes all of the time. */
export const brief = (duration: string): string[] => [
  ...['--time', '25s', '--duration', duration, '--workers', '1', '--quiet'],
]

/** A repository with an app that computes on its branch main, and `tune ci` in it. */
class CiSite {
  readonly repository: Repository = createRepository()
  /** Of this test alone: other runs of this machine check out into the common one. */
  readonly temporary = mkdtempSync(join(tmpdir(), 'tune-ci-'))
  #running: Running | undefined

  constructor() {
    this.repository.write({
      'package.json': PACKAGE,
      'app.js': spinningApp(TURNS),
      '.gitignore': 'perf\nnode_modules\n',
    })
    this.repository.commit('the base')
  }

  /** The path of a file in the repository. */
  path(name: string): string {
    return join(this.repository.folder, name)
  }

  /** What a run has written. */
  read(name: string): string {
    return readFileSync(this.path(join('perf', name)), 'utf8')
  }

  ci(args: string[], env: Record<string, string> = {}): Promise<Finished & { left: number[] }> {
    return runTune(['ci', ...args, '--out', 'perf'], this.#here(env))
  }

  async ciJson(
    args: string[],
  ): Promise<{ code: number | null; document: ComparisonDocument; stderr: string }> {
    const { code, stdout, stderr } = await this.ci([...args, '--json'])
    return { code, stderr, document: comparisonDocumentSchema.parse(JSON.parse(stdout)) }
  }

  start(args: string[]): Running {
    return (this.#running = startTune(['ci', ...args, '--out', 'perf'], this.#here()))
  }

  checkouts(): string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith('tune-baseline-'))
  }

  /** Neither a folder nor a note of git's is left of the baseline. */
  async expectNothingLeft(): Promise<void> {
    for (let wait = 0; wait < 50 && this.checkouts().length > 0; wait++) await sleep(100)
    expect(this.checkouts()).toEqual([])
    expect(this.repository.git('worktree', 'list').split('\n')).toHaveLength(1)
  }

  async remove(): Promise<void> {
    this.#running?.reap()
    await this.#running?.finished
    this.repository.remove()
    rmSync(this.temporary, { recursive: true, force: true })
  }

  #here(env: Record<string, string> = {}): RunOptions {
    return { cwd: this.repository.folder, env: { TMPDIR: this.temporary, ...env } }
  }
}

/** The body of a test with a site of its own, which is removed whatever happens. */
export const inCiSite =
  <Args extends unknown[]>(use: (site: CiSite, ...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    const site = new CiSite()
    try {
      await use(site, ...args)
    } finally {
      await site.remove()
    }
  }
