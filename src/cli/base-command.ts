import { Command, Errors } from '@oclif/core'
import { renderReport, reportOf } from './error-report.js'

/** What every command shares: one way to fail, the same exit code with and without `--json`. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  protected override catch(error: Error): Promise<never> {
    if (error instanceof Errors.ExitError) return Promise.reject(error)
    const typed = { name: `${this.config.bin} ${this.id ?? ''}`, flags: Object.keys(this.ctor.flags) }
    const report = reportOf(error, typed)
    // oclif 4 exits 1 for every error under --json; the process exit code has to be settled here.
    process.exitCode = report.exit
    if (this.jsonEnabled()) this.logJson({ error: report })
    else process.stderr.write(renderReport(report, error))
    return Promise.reject(new Errors.ExitError(report.exit))
  }

  /** Commands print their own error envelope in `catch`; oclif must not add another. */
  protected override toErrorJson(): undefined {
    return undefined
  }
}
