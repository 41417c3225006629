import type { MemoryModel } from '../result/analysis.js'
import { formatBytes, formatNumber } from './format.js'

/**
 * `48.0 MiB a worker (measured), 20.0 MiB a further thread (rule of thumb), …: at most 79 workers fit (modelled)`.
 *
 * @param leakBytesPerRequest what stays behind with each request, on top of what the model has; `null` where nothing was seen to
 */
export function memorySentence(memory: MemoryModel, leakBytesPerRequest: number | null = null): string {
  const { sharedBytes, helperBytes, evidence: grade } = memory
  const isGuess = grade === 'rule of thumb'
  // An older version says of the whole that it is modelled where the thread was guessed.
  const thread = memory.perThreadEvidence ?? (grade === 'modelled' ? 'rule of thumb' : grade)
  const shared = sharedBytes === undefined ? '' : `, and ${formatBytes(sharedBytes)} that all share`
  const helpers =
    helperBytes === undefined ? '' : ` with ${formatBytes(helperBytes)} of processes that it has started`
  const { maxWorkers: most } = memory
  const fit =
    most === 0
      ? 'not even one worker fits with room to grow'
      : `at most ${most} ${most === 1 ? 'worker fits' : 'workers fit'}`
  return (
    `${formatBytes(memory.perWorkerBytes)} a worker${helpers} (${isGuess ? grade : 'measured'}), ` +
    `${formatBytes(memory.perThreadBytes)} a further thread (${thread}), ` +
    `${formatBytes(memory.arbiterBytes)} the arbiter${shared}: ${fit} (${isGuess ? grade : 'modelled'})${leakText(leakBytesPerRequest)}`
  )
}

function leakText(bytesPerRequest: number | null): string {
  return bytesPerRequest === null
    ? ''
    : `; each request leaves ${formatNumber(bytesPerRequest / 1024)} KiB behind (measured), which the memory of every measured server holds and these figures leave out`
}
