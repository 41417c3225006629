import { ServerError, SERVER_EXIT } from './errors.js'

/**
 * Relative paths of certificates, sockets, logs and the pidfile begin here from now on, as those of the app do.
 *
 * @throws {ServerError} exit 2, when there is no such directory or it may not be entered.
 */
export function enterDirectory(path: string): void {
  try {
    if (path !== process.cwd()) process.chdir(path)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : String(error)
    throw new ServerError(`Cannot serve from the directory ${path}: ${why}`, {
      code: 'TUNE_E_DIRECTORY',
      exit: SERVER_EXIT.usage,
      suggestions: ['Name a directory that exists and may be entered with --chdir'],
    })
  }
}
