import type { ComparisonDocument } from '../../result/comparison.js'
import { EXIT, TuneError } from '../../result/error.js'
import { bundledVersion, runVersions, type VersionsRun } from '../run-versions.js'
import { lendPackages, withCheckout } from './baseline.js'
import { build } from './build.js'
import { git, repositoryOf, resolveRevision } from './git.js'

export interface RefsJob {
  /** `path[:export]`, relative to `cwd` and to its counterpart in the checkout. */
  app: string
  cwd: string
  baselineRef: string
  /** `null`: the checkout borrows the packages of the head. */
  build: string | null
}

/** Measures the working tree against a commit; an interruption before there is anything to measure is an error of its own. */
export async function compareRefs(
  job: RefsJob,
  run: VersionsRun,
  signal: AbortSignal,
): Promise<{ document: ComparisonDocument; folder: string }> {
  try {
    return await checkOutAndCompare(job, run, signal)
  } catch (error) {
    if (!signal.aborted || error instanceof TuneError) throw error
    throw new TuneError('interrupted before anything was measured', {
      code: 'TUNE_E_INTERRUPTED',
      exit: EXIT.interrupted,
      cause: error,
    })
  } finally {
    // A build that fails ends before anybody else would.
    run.progress.done()
  }
}

/** Find, build, check out, build, measure in turn, tidy up. */
async function checkOutAndCompare(
  job: RefsJob,
  run: VersionsRun,
  signal: AbortSignal,
): Promise<{ document: ComparisonDocument; folder: string }> {
  const { app, cwd, progress } = { ...job, ...run }
  const repository = await repositoryOf(cwd)
  const baseline = await resolveRevision(job.baselineRef, repository)
  const head = await headOf(repository.top)
  const logs: [name: string, text: string][] = []
  const make = async (cwd: string, role: 'head' | 'base', name: string, advice: string): Promise<void> => {
    if (job.build === null) return
    progress.phase(`build ${name}`)
    const one = { command: job.build, cwd, of: `the ${role} (${name})`, advice }
    logs.push([`build-${role}.log`, await build(one, signal)])
  }
  // The head first: it is what somebody has just changed, and its error should not wait for the base.
  await make(cwd, 'head', head.name, `Run it by hand in ${cwd}`)
  return withCheckout(repository, baseline, async (checkout) => {
    progress.note(`${baseline.ref} is commit ${baseline.commit.slice(0, 12)}`)
    if (job.build === null) await lendPackages(repository, checkout)
    // Its folder is gone by the time that somebody reads this.
    const again = `Try it by hand: git worktree add --detach /tmp/base ${baseline.ref}, and run it there`
    await make(checkout.folder, 'base', baseline.ref, again)
    const versions = {
      base: bundledVersion(baseline.ref, { cwd: checkout.folder, app }, baseline.commit),
      head: bundledVersion(head.name, { cwd, app }, head.commit),
    }
    return runVersions({ ...run, files: logs }, versions, signal)
  })
}

/** What the working tree is called: its commit, and whether it differs from it. */
async function headOf(top: string): Promise<{ name: string; commit: string }> {
  const commit = await git(['rev-parse', 'HEAD'], top)
  const changes = await git(['status', '--porcelain', '--untracked-files=no'], top)
  const branch = await git(['rev-parse', '--abbrev-ref', 'HEAD'], top)
  const name = branch === 'HEAD' ? commit.slice(0, 12) : branch
  return { name: changes === '' ? name : `${name} with uncommitted changes`, commit }
}
