import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { resultDocumentSchema, SCHEMA_VERSION, type ResultDocument } from './document.js'
import { EXIT, TuneError } from './error.js'
import { errorCode } from './files.js'
import { RESULT_FILE, TRIALS_FILE } from './report-folder.js'
import { trialSchema, type Trial } from './trial.js'

const NAME_A_RESULT = 'Give the path of a result.json, e.g. reports/<name>/result.json'

/** The result at a path that is a result.json, or a report folder that holds one. */
export async function readResult(path: string): Promise<ResultDocument> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) return readDocument(path)
  const inside = await readdir(path, { withFileTypes: true }).catch(() => [])
  if (inside.length > 0 && !inside.some(({ name }) => name === RESULT_FILE)) throw notInFolder(path, inside)
  return readDocument(join(path, RESULT_FILE))
}

/** What a folder without a result is instead, and what to do with it. */
function notInFolder(path: string, inside: readonly Dirent[]): TuneError {
  const has = (file: string): boolean => inside.some(({ name }) => name === file)
  const advice = has(TRIALS_FILE)
    ? has('comparison.json')
      ? `It is a comparison, which stands for itself: tune report ${path}`
      : `Its run was ended before it could write one; what was measured is in ${TRIALS_FILE}. A matrix goes on with tune bench --resume ${path}`
    : inside.some((entry) => entry.isDirectory())
      ? `Name one of the report folders in it, or follow them all: tune report --trend ${path}`
      : NAME_A_RESULT
  return new TuneError(`${path} holds no ${RESULT_FILE}`, {
    code: 'TUNE_E_RESULT_NOT_FOUND',
    exit: EXIT.usage,
    suggestions: [advice],
  })
}

/** A result.json of this version of the schema; anything else is refused with the reason. */
export function readDocument(path: string): Promise<ResultDocument> {
  return readChecked(path, resultDocumentSchema)
}

/** The same for any document with a `schemaVersion`. */
export async function readChecked<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const value = parseJson(await readText(path))
  if (value === undefined) throw unreadable(path, 'it is not JSON', 'TUNE_E_RESULT_NOT_JSON')
  const version = versionOf(value)
  if (version === undefined) {
    throw unreadable(path, 'it has no schemaVersion, so it is not a result of tune', 'TUNE_E_RESULT_INVALID')
  }
  if (version !== SCHEMA_VERSION) {
    const reason = `its schemaVersion is ${JSON.stringify(version)}; this version of tune reads ${SCHEMA_VERSION}`
    throw unreadable(path, reason, 'TUNE_E_RESULT_VERSION', [
      'Read it with the version of tune that wrote it (see "tool" in the file), or measure again',
    ])
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    throw unreadable(
      path,
      `it does not match the schema: ${firstIssues(parsed.error)}`,
      'TUNE_E_RESULT_INVALID',
    )
  }
  return parsed.data
}

/** The trials of a trials.jsonl. A crash can tear the last line only; that one is ignored, any other is an error. */
export async function readTrials(path: string): Promise<Trial[]> {
  const lines = (await readText(path)).split('\n')
  return lines.flatMap((line, index) => {
    // Only what ends with a line feed was finished, even if what is behind the last one looks whole.
    if (line === '' || index === lines.length - 1) return []
    const parsed = trialSchema.safeParse(parseJson(line))
    if (parsed.success) return [parsed.data]
    const reason = `line ${index + 1} is not a trial: ${firstIssues(parsed.error)}`
    throw unreadable(path, reason, 'TUNE_E_TRIALS_INVALID')
  })
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT'
    throw new TuneError(missing ? `${path} does not exist` : `cannot read ${path}: ${String(error)}`, {
      code: 'TUNE_E_RESULT_NOT_FOUND',
      exit: EXIT.usage,
      suggestions: [NAME_A_RESULT],
      cause: error,
    })
  }
}

/** `undefined` when the text is not JSON, which JSON itself cannot say. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function versionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'schemaVersion' in value
    ? value.schemaVersion
    : undefined
}

function firstIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}

function unreadable(path: string, reason: string, code: string, suggestions: string[] = []): TuneError {
  const advice =
    suggestions.length > 0 ? suggestions : ['Was it edited or cut? Measure again, or take another file']
  return new TuneError(`cannot use ${path}: ${reason}`, { code, exit: EXIT.usage, suggestions: advice })
}
