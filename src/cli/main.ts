import { flush, handle, run } from '@oclif/core'
import { EXIT } from '../result/error.js'

/** What oclif's plugin for unknown commands ends with, after a shell's custom. */
const COMMAND_NOT_FOUND = 127

interface OclifError extends Error {
  oclif?: { exit?: number }
}

/** Runs the command line. An unknown command is a mistake in what was typed, like an unknown flag. */
export async function main(url: string): Promise<void> {
  try {
    await run(process.argv.slice(2), url)
    await flush()
  } catch (thrown) {
    const error = thrown as OclifError
    if (error.oclif?.exit === COMMAND_NOT_FOUND) error.oclif.exit = EXIT.usage
    await handle(error)
  }
}
