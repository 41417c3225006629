import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { basename, join, parse, resolve } from 'node:path'
import { EXIT, TuneError, usageError } from './error.js'
import { errorCode, makeFolder, syncFolder, unwritable } from './files.js'
import { readDocument, readTrials } from './read.js'
import type { Trial } from './trial.js'

export const TRIALS_FILE = 'trials.jsonl'
export const RESULT_FILE = 'result.json'

export interface ReportPlace {
  /** What was measured: an app's path or spec, or a word such as `bench`. */
  subject: string
  startedAt: Date
  /** `--out`: this folder and no other. */
  out?: string | undefined
  /** Where folders of their own name are made; `reports` unless told otherwise. */
  root?: string | undefined
}

/** A folder that belongs to one run, with its empty list of trials open for appending. */
export interface ReportFolder {
  name: string
  path: string
  trials: FileHandle
  /** It was made for this run, and not there before. */
  isOwn: boolean
}

/**
 * Takes a folder before anything is measured, so that an unwritable place is known at once and two runs never
 * share one: a name that is taken gets `-2`, a folder given by hand that holds a result is refused.
 */
export async function claimReportFolder(place: ReportPlace): Promise<ReportFolder> {
  const { out } = place
  const isOwn = out === undefined || !(await exists(out))
  const path = out === undefined ? await newFolder(place) : await givenFolder(out)
  try {
    // Exclusive: of two runs that were given the same folder, one fails here.
    const trials = await open(join(path, TRIALS_FILE), 'ax')
    await syncFolder(path)
    return { name: basename(resolve(path)), path, trials, isOwn }
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? occupied(path) : unwritable(path, error)
  }
}

async function newFolder({ subject, startedAt, root = 'reports' }: ReportPlace): Promise<string> {
  const name = reportName(subject, startedAt)
  await makeFolder(root)
  try {
    for (let number = 1; ; number++) {
      const path = join(root, number === 1 ? name : `${name}-${number}`)
      if (await made(path)) return path
    }
  } catch (error) {
    throw unwritable(root, error)
  }
}

async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

async function givenFolder(path: string): Promise<string> {
  if (path.trim() === '')
    throw usageError('--out needs the name of a folder', 'Write --out <folder>, or leave it out')
  await makeFolder(path)
  if (await exists(join(path, RESULT_FILE))) throw occupied(path)
  return path
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close()
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw unwritable(path, error)
  }
}

function occupied(path: string): TuneError {
  return new TuneError(`${path} already holds the result of another run`, {
    code: 'TUNE_E_REPORT_EXISTS',
    exit: EXIT.usage,
    suggestions: ['Name another folder with --out, or remove this one first'],
  })
}

/** `api-20261120-093000` for `examples/api.ts:handler` at that moment (UTC). */
export function reportName(subject: string, startedAt: Date): string {
  const [date = '', time = ''] = startedAt.toISOString().split('T')
  return `${slug(subject)}-${date.replaceAll('-', '')}-${time.slice(0, 8).replaceAll(':', '')}`
}

function slug(subject: string): string {
  const words = nameOf(subject)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  return words === '' ? 'app' : words
}

function nameOf(subject: string): string {
  // Of an address nothing is an extension, or an export.
  if (URL.canParse(subject) && subject.includes('://')) return new URL(subject).host
  // `path:export`; a Windows drive letter is not a path of one letter.
  const path = subject.replace(/(?<=..):[^/\\:]*$/, '')
  return parse(path.replaceAll('\\', '/')).name
}

/** An earlier run, with the trials that it finished; more can be appended. */
export interface ReopenedFolder extends Omit<ReportFolder, 'isOwn'> {
  recorded: Trial[]
}

/**
 * Opens the folder of a run that was cut. A kill can tear the last line of trials.jsonl; it is cut off, so that the next trial
 * begins on a line of its own.
 *
 * @throws TuneError (usage) when the folder holds no run, or one that is complete
 */
export async function reopenReportFolder(path: string): Promise<ReopenedFolder> {
  const trialsPath = join(path, TRIALS_FILE)
  const recorded = await readTrials(trialsPath)
  if (await exists(join(path, RESULT_FILE))) {
    const { status } = await readDocument(join(path, RESULT_FILE))
    if (status === 'complete') {
      throw new TuneError(`The run in ${path} is complete: there is nothing to resume`, {
        code: 'TUNE_E_RESUME',
        exit: EXIT.usage,
        suggestions: ['Begin a new run for more trials'],
      })
    }
  }
  try {
    const trials = await open(trialsPath, 'r+')
    const text = await trials.readFile()
    const wholeBytes = text.lastIndexOf('\n') + 1
    await trials.truncate(wholeBytes)
    await trials.datasync()
    await trials.close()
    return { name: basename(resolve(path)), path, trials: await open(trialsPath, 'a'), recorded }
  } catch (error) {
    throw unwritable(trialsPath, error)
  }
}
