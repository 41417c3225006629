import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ServerError, SERVER_EXIT } from '../errors.js'

/**
 * Finds out before a worker hangs whether its report can be written; then it would be too late. Makes nothing.
 *
 * @param directory from the working directory, as all paths of the settings.
 * @throws {ServerError} exit 2.
 */
export function checkReportDir(directory: string | null, cwd: string): void {
  if (directory === null) return
  const path = resolve(cwd, directory)
  let there = path
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there)
  if (!statSync(there).isDirectory()) throw unusable(path, `${there} is no folder`)
  try {
    accessSync(there, constants.W_OK | constants.X_OK)
  } catch (error) {
    const what = there === path ? 'nothing can be written there' : `nothing can be made in ${there}`
    throw unusable(path, `${what} (${codeOf(error)})`)
  }
}

/** The same at the start, which also makes the folder: some file systems give permission and then refuse, as /proc does. */
export function openReportDir(directory: string | null, cwd: string): void {
  checkReportDir(directory, cwd)
  if (directory === null) return
  const path = resolve(cwd, directory)
  try {
    makeFolder(path)
  } catch (error) {
    throw unusable(path, `it cannot be made (${codeOf(error)})`)
  }
}

/** Not `recursive`: where the system says ENOENT though the parent exists, as below /proc, Node 20 tries for ever. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

function unusable(path: string, why: string): ServerError {
  return new ServerError(`No reports on workers that hang can be written to ${path}: ${why}`, {
    code: 'TUNE_E_REPORT_DIR',
    exit: SERVER_EXIT.usage,
    suggestions: [
      'Name a folder with --report-dir that the user of the server may write to, or leave it out',
    ],
  })
}
