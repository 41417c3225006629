import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import {
  answerOf,
  undecided,
  EXPORT_FORMAT_NAMES,
  EXPORT_FORMATS,
  type ExportFormatName,
} from '../export/index.js'
import { RESULT_FILE } from '../result/report-folder.js'
import { writeAtomic } from '../result/files.js'
import { readDocument } from '../result/read.js'

export interface ExportDocument {
  format: ExportFormatName
  fileName: string
  content: string
}

export default class ExportCommand extends BaseCommand {
  static override summary = 'write the answer of a result as configuration of a server or supervisor'

  static override description = `Turns the recommendation of tune analyze, or the fastest cell of tune bench, into a complete file: what was measured, what it assumes and how to go back are comments in it. Nothing is measured and nothing is installed.

Formats: ${EXPORT_FORMAT_NAMES.map((name) => `${name} (${EXPORT_FORMATS[name].fileName})`).join(', ')}.

An inconclusive result is written too, as what to keep meanwhile: the file and stderr say so.

Exit codes: 0 written, 2 usage or no such result, 5 the result holds no answer.`

  static override examples = [
    {
      description: 'A Gunicorn configuration on stdout',
      command: '<%= config.bin %> <%= command.id %> reports/main-20261120-093000 --to gunicorn',
    },
    {
      description: 'A unit for systemd, as a file',
      command:
        '<%= config.bin %> <%= command.id %> reports/api-20261120-093000/result.json --to systemd --out app.service',
    },
    {
      description: 'Deployment, Service and autoscaler, straight to the cluster',
      command:
        '<%= config.bin %> <%= command.id %> reports/api-20261120-093000 --to kubernetes --port 8080 | kubectl apply -f -',
    },
    {
      description: 'One workload of a matrix over several',
      command: '<%= config.bin %> <%= command.id %> reports/bench-20261120-093000 --to tune --workload io',
    },
  ]

  static override args = {
    result: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'result.json, or the folder that holds it',
    }),
  }

  static override flags = {
    to: Flags.string({
      required: true,
      options: EXPORT_FORMAT_NAMES,
      description: 'what reads the file',
    }),
    out: Flags.string({ helpValue: '<file>', description: 'write this file instead of stdout' }),
    app: Flags.string({
      helpValue: '<spec>',
      description: "the app in that server's words, e.g. main:app [default: as it was measured]",
    }),
    port: Flags.integer({
      min: 1,
      max: 65_535,
      default: 8000,
      helpValue: '<number>',
      description: 'port that the app listens on',
    }),
    workload: Flags.string({
      helpValue: '<name>',
      description: 'workload of a matrix that holds several',
    }),
  }

  async run(): Promise<ExportDocument> {
    const { args, flags } = await this.parse(ExportCommand)
    const format = flags.to as ExportFormatName
    const document = await readDocument(await resultPath(args.result))
    const { fileName, render } = EXPORT_FORMATS[format]
    const content = render(answerOf(document, flags), flags.port)
    for (const caveat of undecided(document)) this.logToStderr(caveat)
    if (flags.out === undefined) this.log(content.trimEnd())
    else {
      await writeAtomic(flags.out, content)
      this.log(`${flags.out} written`)
    }
    return { format, fileName: flags.out ?? fileName, content }
  }
}

/** What cannot be looked at is left to the reader, who says why. */
async function resultPath(given: string): Promise<string> {
  const found = await stat(given).catch(() => null)
  return found?.isDirectory() === true ? join(given, RESULT_FILE) : given
}
