import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { comparisonDocumentSchema, type ComparisonDocument } from './comparison.js'
import type { ResultDocument } from './document.js'
import { readChecked, readResult } from './read.js'

export const COMPARISON_FILE = 'comparison.json'

/** A result, or a comparison, at a path that is its file or the folder that holds it. */
export async function readReport(path: string): Promise<ResultDocument | ComparisonDocument> {
  const file = (await isFile(join(path, COMPARISON_FILE))) ? join(path, COMPARISON_FILE) : path
  const isComparison = file.endsWith(COMPARISON_FILE)
  return isComparison ? readChecked(file, comparisonDocumentSchema) : readResult(path)
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
