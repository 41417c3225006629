import { appendFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { EXIT, TuneError } from './error.js'

/** Reads either the old file or the whole new one, whatever happens in between: temporary file, fsync, rename. */
export async function writeAtomic(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    throw unwritable(path, error)
  }
}

/** A file in a folder that is made when it is not there. */
export async function writeInFolder(folder: string, name: string, text: string): Promise<void> {
  await makeFolder(folder)
  await writeAtomic(join(folder, name), text)
}

/**
 * Makes a folder and those above it that are missing. Not by `mkdir` with `recursive`: where the system says ENOENT though the
 * parent exists, as below /proc, that of Node 20 tries for ever, on a thread that no signal ends.
 *
 * @throws TuneError `TUNE_E_REPORT_FOLDER` (usage)
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    for (const folder of await missingFolders(resolve(path))) await makeOne(folder)
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** From the outermost on. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = []
  for (let folder = path; !(await isFolder(folder)); folder = dirname(folder)) missing.unshift(folder)
  return missing
}

async function isFolder(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && dirname(path) !== path) return false
    throw error
  }
  throw Object.assign(new Error(`${path} is no folder`), { code: 'EEXIST' })
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    // Another process may have been faster.
    if (errorCode(error) !== 'EEXIST' || !(await isFolder(folder))) throw error
  }
}

/** Adds to a file that others add to as well. */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text)
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** A new name survives a power cut only when its folder is on the disk too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The message for a report that cannot be written, whatever the system's reason. */
export function unwritable(path: string, cause: unknown): TuneError {
  return new TuneError(`cannot write ${path}: ${describe(cause)}`, {
    code: 'TUNE_E_REPORT_FOLDER',
    exit: EXIT.usage,
    suggestions: ['Name a place that can be written to with --out'],
    cause,
  })
}

const MEANINGS: Record<string, string> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ENOENT: 'its folder does not exist and cannot be made',
  EEXIST: 'there is a file where the folder should be',
  EISDIR: 'there is a folder of that name',
}

function describe(cause: unknown): string {
  const code = errorCode(cause)
  return (
    (code === undefined ? undefined : MEANINGS[code]) ??
    (cause instanceof Error ? cause.message : String(cause))
  )
}

/** `ENOENT` and its like; `undefined` for anything that is no system error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
