import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { readChecked } from './read.js'
import { rateDocumentSchema, type RateDocument } from './rate-document.js'

export const RATE_FILE = 'rate.json'

/** The measurement under open load at a path that is its file or the folder that holds it; `null` where there is none. */
export async function readRate(path: string): Promise<RateDocument | null> {
  const file = basename(path) === RATE_FILE ? path : join(path, RATE_FILE)
  const isThere = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  )
  return isThere ? readChecked(file, rateDocumentSchema) : null
}
