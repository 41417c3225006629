import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT, TuneError } from '../../result/error.js'
import { git, gitReason, tryGit, type Repository, type Revision } from './git.js'

const GUARD = fileURLToPath(new URL('./baseline-guard-process.js', import.meta.url))
const LOCK_FILES = ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'bun.lock']

/** A commit in a working tree of its own. */
export interface Checkout {
  /** The folder that corresponds to the one `tune` runs in. */
  folder: string
}

/**
 * Checks a commit out to a temporary folder for as long as `work` takes. The folder and git's note of it are gone afterwards, however
 * this process ends: a second process waits for its end and removes them too.
 */
export async function withCheckout<T>(
  repository: Repository,
  revision: Revision,
  work: (checkout: Checkout) => Promise<T>,
): Promise<T> {
  const { top, prefix } = repository
  const holder = await realpath(await mkdtemp(join(tmpdir(), 'tune-baseline-')))
  const tree = join(holder, 'base')
  const guard = watch(holder, top)
  try {
    try {
      await git(['worktree', 'add', '--detach', '--quiet', tree, revision.commit], top)
    } catch (error) {
      throw new TuneError(`git cannot check ${revision.ref} out: ${gitReason(error)}`, {
        code: 'TUNE_E_BASELINE_CHECKOUT',
        exit: EXIT.usage,
        suggestions: [`Try it by hand: git worktree add --detach /tmp/base ${revision.ref}`],
        cause: error,
      })
    }
    const folder = join(tree, prefix)
    if (!existsSync(folder)) {
      throw new TuneError(`${revision.ref} has no folder ${prefix}`, {
        code: 'TUNE_E_BASELINE_CHECKOUT',
        exit: EXIT.usage,
        suggestions: ['Choose a base that has the app'],
      })
    }
    return await work({ folder })
  } finally {
    await tryGit(['worktree', 'remove', '--force', tree], top)
    await rm(holder, { recursive: true, force: true })
    await tryGit(['worktree', 'prune'], top)
    guard.disconnect()
  }
}

function watch(holder: string, top: string) {
  const guard = fork(GUARD, [holder, top], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // It must not keep the command line alive: its end is what the guard waits for.
  guard.unref()
  guard.channel?.unref()
  return guard
}

/**
 * Lends the base the packages of the head: every `node_modules` from the app's folder up to the top. Only where the lock files say
 * that they are the same packages; a build command brings its own.
 *
 * @throws TuneError (usage) when they are not
 */
export async function lendPackages({ top, prefix }: Repository, checkout: Checkout): Promise<void> {
  for (const level of levelsOf(prefix)) {
    const own = join(top, level, 'node_modules')
    const theirs = join(checkout.folder.slice(0, checkout.folder.length - prefix.length), level)
    if (!existsSync(own) || existsSync(join(theirs, 'node_modules'))) continue
    for (const name of LOCK_FILES) {
      if (contentOf(join(top, level, name)) !== contentOf(join(theirs, name)))
        throw otherPackages(join(level, name))
    }
    await mkdir(theirs, { recursive: true })
    await symlink(own, join(theirs, 'node_modules'), 'dir')
  }
}

/** `a/b`, `a`, `''`. */
function levelsOf(prefix: string): string[] {
  return prefix === '' ? [''] : [prefix, ...levelsOf(prefix.includes('/') ? dirname(prefix) : '')]
}

function contentOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null
}

function otherPackages(file: string): TuneError {
  return new TuneError(`${file} differs between base and head, so the base needs packages of its own`, {
    code: 'TUNE_E_BASELINE_PACKAGES',
    exit: EXIT.usage,
    suggestions: ["Say how a checkout is made ready: --build 'npm ci' or --build 'npm ci && npm run build'"],
  })
}
