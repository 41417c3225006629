import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EXIT, TuneError, usageError } from '../../result/error.js'
import { errorCode } from '../../result/files.js'

const run = promisify(execFile)
const MOST_OUTPUT_BYTES = 16 * 1024 * 1024

/** Hooks are somebody's automation for their own checkouts; ours is gone in a minute. */
const NO_HOOKS = ['-c', 'core.hooksPath=/dev/null', '-c', 'advice.detachedHead=false']

/** What git prints, without the last line feed. Rejects with git's own error. */
export async function git(args: readonly string[], cwd: string): Promise<string> {
  // Variables of a hook or of another git command around us would point it at another repository.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE'].includes(name),
    ),
  )
  try {
    const { stdout } = await run('git', [...NO_HOOKS, ...args], {
      cwd,
      env: { ...env, LC_ALL: 'C' },
      maxBuffer: MOST_OUTPUT_BYTES,
    })
    return stdout.trimEnd()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw usageError(
        'git is not installed, and --baseline-ref needs it',
        'Install git, or compare two checkouts with tune compare',
      )
    }
    throw error
  }
}

/** The same where git may well say no: `null` then. */
export async function tryGit(args: readonly string[], cwd: string): Promise<string | null> {
  try {
    return await git(args, cwd)
  } catch (error) {
    if (error instanceof TuneError) throw error
    return null
  }
}

/** What git wrote on stderr, in one line. */
export function gitReason(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  return text.trim().replace(/\s*\n\s*/g, '; ')
}

export interface Repository {
  /** Absolute path of the top of the working tree. */
  top: string
  /** The folder that was asked about, below it; `''` for the top itself. */
  prefix: string
}

/**
 * @throws TuneError (usage) outside of a git repository
 */
export async function repositoryOf(folder: string): Promise<Repository> {
  const top = await tryGit(['rev-parse', '--show-toplevel'], folder)
  if (top === null || top === '') {
    throw usageError(
      `${folder} is not in a git repository, so there is no baseline to check out`,
      'Run tune ci in a checkout of the app',
      'Or compare two folders: tune compare --app-a OLD/app.ts --app-b NEW/app.ts',
    )
  }
  const prefix = await git(['rev-parse', '--show-prefix'], folder)
  return { top, prefix: prefix.replace(/\/$/, '') }
}

export interface Revision {
  /** As it was found: `main`, or `origin/main`. */
  ref: string
  commit: string
}

/**
 * The commit that a ref names, here or on `origin`.
 * @throws TuneError (usage), which says what to fetch
 */
export async function resolveRevision(ref: string, { top }: Repository): Promise<Revision> {
  if (ref.trim() === '') {
    throw usageError(
      'The baseline ref is empty',
      'Is a variable not set? Name a branch, tag or commit: --baseline-ref main',
    )
  }
  for (const name of [ref, `origin/${ref}`]) {
    const commit = await tryGit(
      ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`],
      top,
    )
    if (commit !== null && commit !== '') return { ref: name, commit }
  }
  const isShallow = (await tryGit(['rev-parse', '--is-shallow-repository'], top)) === 'true'
  const branch = ref.replace(/^origin\//, '')
  throw new TuneError(
    `${JSON.stringify(ref)} names no commit of this repository${isShallow ? ', which is a shallow clone: it holds a part of the history only' : ''}`,
    {
      code: 'TUNE_E_BASELINE_REF',
      exit: EXIT.usage,
      suggestions: isShallow
        ? [
            `Fetch it first: git fetch --depth=1 origin ${branch}:refs/remotes/origin/${branch}`,
            'With actions/checkout, set fetch-depth: 0; in GitLab, set the variable GIT_DEPTH: 0',
          ]
        : [`Check the name (git branch --all), or fetch it: git fetch origin ${branch}`],
    },
  )
}
