import { Command, Errors } from '@oclif/core'
import { EXIT, TuneError } from '../result/error.js'

interface ErrorReport {
  code: string
  message: string
  exit: number
  suggestions: string[]
}

/** What every command shares: one way to fail, the same exit code with and without `--json`. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  protected override catch(error: Error): Promise<never> {
    if (error instanceof Errors.ExitError) return Promise.reject(error)
    const report = describe(error)
    // oclif 4 exits 1 for every error under --json; the process exit code has to be settled here.
    process.exitCode = report.exit
    if (this.jsonEnabled()) this.logJson({ error: report })
    else process.stderr.write(render(report, error))
    return Promise.reject(new Errors.ExitError(report.exit))
  }

  /** Commands print their own error envelope in `catch`; oclif must not add another. */
  protected override toErrorJson(): undefined {
    return undefined
  }
}

function describe(error: Error): ErrorReport {
  if (error instanceof TuneError) {
    return { code: error.code, message: error.message, exit: error.exit, suggestions: error.suggestions }
  }
  if (error instanceof Errors.CLIError) {
    // oclif's own errors are about flags and arguments. Their first line says it; the rest repeats the help.
    const suggestions = [...(error.suggestions ?? []), 'See more help with --help']
    const message = error.message.replace(/\nSee more help with --help$/, '')
    return { code: 'TUNE_E_USAGE', message, exit: EXIT.usage, suggestions }
  }
  return {
    code: 'TUNE_E_INTERNAL',
    message: `${error.message} (a fault of tune, not of your app)`,
    exit: EXIT.internal,
    suggestions: ['Run again with DEBUG=tune* and report what is printed'],
  }
}

function render(report: ErrorReport, error: Error): string {
  const lines = [`Error: ${report.message}`, ...report.suggestions.map((suggestion) => `  → ${suggestion}`)]
  if (report.code === 'TUNE_E_INTERNAL' && process.env.DEBUG) lines.push(error.stack ?? '')
  lines.push(`  (${report.code}, exit ${report.exit})`)
  return `${lines.join('\n')}\n`
}
