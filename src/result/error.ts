/** Exit codes are part of the contract (docs/exit-codes.md). */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  workerBoot: 3,
  appLoad: 4,
  inconclusive: 5,
  gateFailed: 6,
  interrupted: 130,
} as const

export interface TuneErrorOptions {
  /** Stable, e.g. `TUNE_E_APP_NOT_FOUND`. */
  code: string
  exit: number
  /** What to do, one sentence each. */
  suggestions?: string[]
  cause?: unknown
}

/** An error the user can act on: what happened, probably why, what to do. Anything else thrown is a bug of ours. */
export class TuneError extends Error {
  override readonly name = 'TuneError'
  readonly code: string
  readonly exit: number
  readonly suggestions: string[]

  constructor(message: string, options: TuneErrorOptions) {
    super(message, { cause: options.cause })
    this.code = options.code
    this.exit = options.exit
    this.suggestions = options.suggestions ?? []
  }
}

/** A message with what a server said last below it. */
export function withLastLines(message: string, lines: readonly string[]): string {
  return lines.length === 0 ? message : `${message}\nLast lines of the server:\n  ${lines.join('\n  ')}`
}

/** A mistake in what was typed or configured: exit 2, and one sentence on what to write instead. */
export function usageError(message: string, ...suggestions: string[]): TuneError {
  return new TuneError(message, { code: 'TUNE_E_USAGE', exit: EXIT.usage, suggestions })
}
