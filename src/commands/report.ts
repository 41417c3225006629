import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { terminalOptions } from '../cli/terminal.js'
import { REPORT_FORMATS, renderResult } from '../report/render.js'
import type { ResultDocument } from '../result/document.js'
import { writeAtomic } from '../result/files.js'
import { readResult } from '../result/read.js'

export default class ReportCommand extends BaseCommand {
  static override summary = 'show one result again, as text, Markdown, a web page, JSON or JUnit'

  static override description = `Renders a finished or interrupted run without measuring anything. The same result gives the same text, so reports can be committed and compared.

The web page is one file without any outside resource: it can be mailed, attached to a build and read offline. In JUnit a configuration passes when its figures may be believed and is skipped, with the reason, when they may not.

Exit codes: 0 rendered, 2 no such result, or one that this version cannot read.`

  static override examples = [
    {
      description: 'The terminal report of a run',
      command: '<%= config.bin %> <%= command.id %> reports/api-20261120-093000',
    },
    {
      description: 'A web page to share',
      command: '<%= config.bin %> <%= command.id %> result.json --format html --out report.html',
    },
    {
      description: 'Markdown for a pull request',
      command: '<%= config.bin %> <%= command.id %> result.json --format markdown',
    },
  ]

  static override args = {
    result: Args.string({
      required: true,
      description: 'result.json, or the report folder that holds it',
    }),
  }

  static override flags = {
    format: Flags.option({
      options: REPORT_FORMATS,
      default: 'terminal' as const,
      description: 'how to render it',
    })(),
    out: Flags.string({
      helpValue: '<file>',
      description: 'write to this file instead of stdout',
    }),
  }

  async run(): Promise<ResultDocument> {
    const { args, flags } = await this.parse(ReportCommand)
    const document = await readResult(args.result)
    const text = renderResult(document, flags.format, terminalOptions())
    if (flags.out === undefined) this.log(text.trimEnd())
    else await writeAtomic(flags.out, text)
    return document
  }
}
