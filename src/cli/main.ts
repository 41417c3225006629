import { Config, Errors, flush, handle, run } from '@oclif/core'
import { EXIT, usageError } from '../result/error.js'
import { renderReport, reportOf } from './error-report.js'
import { unknownCommand } from './oclif-words.js'
import { watchOutput } from './output.js'

/** How oclif and its help name a command that does not exist. */
const NO_SUCH_COMMAND = /^command (\S+) not found\.?$/i

/** Runs the command line. What no command has answered for, such as an unknown one, is said here, in the same form. */
export async function main(url: string): Promise<void> {
  watchOutput(process.stdout, (message) => {
    process.stderr.write(message)
    process.exit(EXIT.internal)
  })
  const argv = process.argv.slice(2)
  try {
    await run(argv, url)
    await flushed()
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    await handle(error instanceof Errors.ExitError ? error : await told(error, argv, url))
  }
}

/** A stream whose reader is gone breaks at the last write, and never drains. oclif would wait for that; Node then ends with code 13. */
async function flushed(): Promise<void> {
  const broken = new Promise<void>((resolve) => process.stdout.once('error', () => resolve()))
  await Promise.race([flush(), broken])
}

/** Prints the error. What is left of it is its exit code. */
async function told(thrown: Error, argv: readonly string[], url: string): Promise<Errors.ExitError> {
  const error = await explained(thrown, url)
  const report = reportOf(error, { name: 'tune', flags: [] })
  const typed = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  if (typed.includes('--json')) process.stdout.write(`${JSON.stringify({ error: report }, null, 2)}\n`)
  else process.stderr.write(renderReport(report, error))
  return new Errors.ExitError(report.exit)
}

async function explained(error: Error, url: string): Promise<Error> {
  const [, id] = NO_SUCH_COMMAND.exec(error.message) ?? []
  if (id === undefined) return error
  const { commands } = await Config.load(url)
  const { message, suggestions } = unknownCommand(
    id,
    commands.map((command) => command.id),
  )
  return usageError(message, ...suggestions)
}
