/** Exit codes of the server, a subset of the command line's contract. */
export const SERVER_EXIT = { ok: 0, internal: 1, usage: 2, workerBoot: 3, appLoad: 4 } as const

/** What travels between processes when something cannot go on. */
export interface ServerFailure {
  /** Stable, `TUNE_E_…`. */
  code: string
  message: string
  /** The exit code it leads to. */
  exit: number
  /** What to do, one sentence each. */
  suggestions: string[]
}

/** An error the operator can act on. The server imports nothing from outside, so it has its own class. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: string
  readonly exit: number
  readonly suggestions: string[]

  constructor(message: string, options: { code: string; exit: number; suggestions?: string[] }) {
    super(message)
    this.code = options.code
    this.exit = options.exit
    this.suggestions = options.suggestions ?? []
  }
}

/** Any thrown value as plain data. Errors of the app loader carry code, exit and suggestions of their own. */
export function toFailure(error: unknown, fallback: { code: string; exit: number }): ServerFailure {
  if (!(error instanceof Error)) return { ...fallback, message: String(error), suggestions: [] }
  const known = error as Partial<ServerFailure>
  if (typeof known.code === 'string' && known.code.startsWith('TUNE_E_')) {
    const exit = known.exit ?? fallback.exit
    return { code: known.code, message: error.message, exit, suggestions: known.suggestions ?? [] }
  }
  return { ...fallback, message: error.message, suggestions: [] }
}

export function fromFailure(failure: ServerFailure): ServerError {
  return new ServerError(failure.message, failure)
}
