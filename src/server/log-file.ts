import { closeSync, openSync, writeSync } from 'node:fs'
import { ServerError, SERVER_EXIT } from './errors.js'

/** Where the server's own messages go. Written at once, so that nothing is lost when it dies. */
export interface LogFile {
  write: (line: string) => void
  /** The file was moved away; goes on in a new one of that name. */
  reopen: () => void
}

const STDERR: LogFile = { write: (line) => void process.stderr.write(line), reopen: () => undefined }

/**
 * @param path absolute; `null` is stderr. It is never closed: the last message comes at the very end.
 * @throws {ServerError} exit 2, when it cannot be opened.
 */
export function openLogFile(path: string | null): LogFile {
  // Whoever read stderr may be gone: a message less, and not the end of the server.
  process.stderr.on('error', () => undefined)
  if (path === null) return STDERR
  let fd = open(path)
  return {
    write: (line) => {
      try {
        writeSync(fd, line)
      } catch {
        // The disk may be full. That is no reason to stop serving, nor to be silent.
        STDERR.write(line)
      }
    },
    reopen: () => {
      const old = fd
      try {
        fd = open(path)
      } catch (error) {
        STDERR.write(`${error instanceof Error ? error.message : String(error)}; going on in the old file\n`)
        return
      }
      closeSync(old)
    },
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    throw new ServerError(`Cannot open the log: ${error instanceof Error ? error.message : String(error)}`, {
      code: 'TUNE_E_ERROR_LOG',
      exit: SERVER_EXIT.usage,
      suggestions: ['Choose a file in a directory that exists and may be written to with --error-log'],
    })
  }
}
