import { Errors } from '@oclif/core'
import { EXIT, TuneError } from '../result/error.js'
import { inOurWords, type TypedCommand } from './oclif-words.js'

/** What `--json` prints under `error`, and what the terminal shows. */
export interface ErrorReport {
  code: string
  message: string
  exit: number
  suggestions: string[]
}

/** What is said about an error, whoever threw it. */
export function reportOf(error: Error, typed: TypedCommand): ErrorReport {
  if (error instanceof TuneError) {
    return { code: error.code, message: error.message, exit: error.exit, suggestions: error.suggestions }
  }
  if (error instanceof Errors.CLIError) {
    // oclif's own errors are about commands, flags and arguments.
    return { code: 'TUNE_E_USAGE', exit: EXIT.usage, ...inOurWords(error, typed) }
  }
  return {
    code: 'TUNE_E_INTERNAL',
    message: `${error.message} (a fault of tune, not of your app)`,
    exit: EXIT.internal,
    suggestions: ['Run again with DEBUG=tune* and report what is printed'],
  }
}

/** The report for a terminal, with the stack of a fault of ours where it is asked for. */
export function renderReport(report: ErrorReport, error: Error): string {
  const lines = [`Error: ${report.message}`, ...report.suggestions.map((suggestion) => `  → ${suggestion}`)]
  if (report.code === 'TUNE_E_INTERNAL' && process.env.DEBUG) lines.push(error.stack ?? '')
  lines.push(`  (${report.code}, exit ${report.exit})`)
  return `${lines.join('\n')}\n`
}
