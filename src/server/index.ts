import { resolve } from 'node:path'
import { compileApp } from './app/index.js'
import { Arbiter, type ReadyInfo } from './arbiter.js'
import { fromFailure, ServerError, SERVER_EXIT, toFailure } from './errors.js'
import { checkReportDir } from './hang/report-dir.js'
import type { ServerHooks } from './hooks.js'
import { createLog, type Log } from './log.js'
import { openLogFile } from './log-file.js'
import type { ServerStats } from './protocol.js'
import type { Reread } from './reload-settings.js'
import { checkSettings, type ServerSettings } from './settings.js'
import { enterDirectory } from './working-directory.js'
import { readTls } from './tls-material.js'

export { askServer } from './control/control-client.js'
export type { ControlRequest } from './control/control-protocol.js'
export { ServerError } from './errors.js'
export type { ServerHooks } from './hooks.js'
export { parseRunQueueSeconds } from './run-queue.js'
export type { ServerMessage, ServerRequest, ServerStats } from './protocol.js'
export type { ServerSettings } from './settings.js'

/** What a running server can be asked and told. */
export interface ServerControl {
  stats(): Promise<ServerStats>
  stop(graceful: boolean): void
}

export interface ServeOptions {
  /** Where the server logs; stderr by default. */
  log?: Log
  /** Called once, when every worker of the first generation is ready. */
  onReady?: (info: ReadyInfo, control: ServerControl) => void
  /** Called before anything is started. */
  onControl?: (control: ServerControl) => void
  /** Gives settings and hooks anew when the server is told to reload. */
  reread?: Reread
  /** Functions that the arbiter calls. */
  hooks?: ServerHooks
  /** The process is this server and nothing else, so that USR2 may start its command line again. */
  upgradable?: boolean
}

/**
 * Runs the pre-fork server: this process becomes the arbiter and handles its signals until the server has stopped.
 *
 * @returns the exit code, 0 after a stop that was asked for.
 * @throws {ServerError} when the settings cannot work (exit 2), a worker does not boot (3), or the app does not load (4).
 */
export async function serve(
  given: Partial<ServerSettings> & { app: string },
  options: ServeOptions = {},
): Promise<number> {
  if (process.platform === 'win32') {
    throw new ServerError(
      'The pre-fork server does not run on Windows, which cannot hand listening sockets down',
      {
        code: 'TUNE_E_PLATFORM',
        exit: SERVER_EXIT.usage,
        suggestions: ['Run it in WSL or in a Linux container'],
      },
    )
  }
  const settings = checkSettings(given)
  const { cwd, errorLog } = settings
  const file = openLogFile(errorLog === null || errorLog === '-' ? null : resolve(cwd, errorLog))
  const control: ServerControl = {
    stats: () => arbiter.stats(),
    stop: (graceful) => arbiter.stop(graceful),
  }
  const arbiter = new Arbiter(settings, {
    log: options.log ?? createLog(settings.logLevel, file.write),
    reopenLog: file.reopen,
    onReady: (info) => options.onReady?.(info, control),
    reread: options.reread,
    hooks: options.hooks,
    upgradable: options.upgradable ?? false,
  })
  options.onControl?.(control)
  return arbiter.run()
}

/**
 * Checks the settings and compiles the app, without starting or binding anything.
 *
 * @throws {ServerError} what `serve` would throw for them.
 */
export async function checkServer(given: Partial<ServerSettings> & { app: string }): Promise<void> {
  const settings = checkSettings(given)
  const { app, cwd } = settings
  enterDirectory(cwd)
  checkReportDir(settings.reportDir, cwd)
  readTls(settings)
  try {
    const compiled = await compileApp(app, cwd)
    compiled.dispose()
  } catch (error) {
    throw fromFailure(toFailure(error, { code: 'TUNE_E_APP_LOAD', exit: SERVER_EXIT.appLoad }))
  }
}
