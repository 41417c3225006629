import { EXIT, TuneError } from '../result/error.js'
import { renderReport, reportOf } from './error-report.js'

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device failed',
}

/**
 * What is said when stdout cannot be written; `null` when its reader has simply gone, as `head` does.
 *
 * @param error of the `error` event of stdout
 */
export function outputFailure(error: NodeJS.ErrnoException): string | null {
  if (error.code === 'EPIPE') return null
  const failure = new TuneError(`cannot write to stdout: ${REASONS[error.code ?? ''] ?? error.message}`, {
    code: 'TUNE_E_OUTPUT',
    exit: EXIT.internal,
    suggestions: ['Make room, or send the output elsewhere'],
    cause: error,
  })
  return renderReport(reportOf(failure, { name: 'tune', flags: [] }), failure)
}

/** Ends the process with a message when stdout cannot be written. Before oclif's own listener, which throws. */
export function watchOutput(stdout: NodeJS.WriteStream, fail: (message: string) => void): void {
  stdout.prependListener('error', (error: NodeJS.ErrnoException) => {
    const message = outputFailure(error)
    if (message !== null) fail(message)
  })
}
