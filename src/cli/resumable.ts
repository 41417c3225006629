import { TuneError } from '../result/error.js'
import type { ResultStore } from '../result/store.js'
import { shellQuote } from '../report/plain.js'

/** The error of a run that was planned to be resumable: it also says that what was measured is kept, and how to go on. */
export function resumable(
  error: unknown,
  { folder, trialsOnDisk }: Pick<ResultStore, 'folder' | 'trialsOnDisk'>,
): unknown {
  if (!(error instanceof TuneError) || trialsOnDisk === 0 || error.code === 'TUNE_E_RESUME') return error
  const { message, code, exit, suggestions } = error
  const goOn = `${trialsOnDisk} finished trials are kept; go on with tune bench --resume ${shellQuote(folder)}`
  return new TuneError(message, { code, exit, suggestions: [...suggestions, goOn], cause: error.cause })
}
