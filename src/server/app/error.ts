/** Why an app cannot be served. Every code ends the start with exit 4, the app-load code of Gunicorn. */
export type AppErrorCode =
  | 'TUNE_E_APP_NOT_FOUND'
  | 'TUNE_E_APP_SYNTAX'
  | 'TUNE_E_APP_IMPORT'
  | 'TUNE_E_APP_EXPORT'
  | 'TUNE_E_APP_KIND'
  | 'TUNE_E_APP_THREW'

const APP_LOAD_EXIT = 4

/** The app cannot be loaded: `message` says what happened and where, `suggestions` what to do about it. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: AppErrorCode
  readonly exit = APP_LOAD_EXIT
  readonly suggestions: string[]

  constructor(message: string, options: { code: AppErrorCode; suggestions?: string[]; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.suggestions = options.suggestions ?? []
  }
}
