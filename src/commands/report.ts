import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { terminalOptions } from '../cli/terminal.js'
import { renderTrendHtml } from '../report/html/trend.js'
import { REPORT_FORMATS, renderResult } from '../report/render.js'
import { renderComparison } from '../report/render-comparison.js'
import { RATE_FORMATS, renderRate } from '../report/render-rate.js'
import { renderTrendMarkdown } from '../report/trend/markdown.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { readReport } from '../result/comparison-file.js'
import type { ResultDocument } from '../result/document.js'
import type { RateDocument } from '../result/rate-document.js'
import { readRate } from '../result/rate-file.js'
import { usageError } from '../result/error.js'
import { writeAtomic } from '../result/files.js'
import { readResult } from '../result/read.js'
import { mergeShards } from '../studies/merge-shards.js'
import { readTrend, type Trend } from '../studies/trend.js'

export default class ReportCommand extends BaseCommand {
  static override summary =
    'show results again, as text, Markdown, a web page, JSON or JUnit; merge parts, follow a series'

  static override description = `Renders a finished or interrupted run, or a comparison, without measuring anything. The same result gives the same text, so reports can be committed and compared.

Several results are taken as parts of one matrix that were measured apart, on one kind of machine with the same flags but --workloads, and become one report. With --trend a folder of reports becomes a page that follows the figures of every answer over time; it is Markdown or, with --format html, a web page.

The web page is one file without any outside resource: it can be mailed, attached to a build and read offline. In JUnit a configuration passes when its figures may be believed and is skipped, with the reason, when they may not.

Exit codes: 0 rendered, 2 no such result, one that this version cannot read, or parts that do not belong together.`

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
    {
      description: 'Two parts of a matrix as one',
      command: '<%= config.bin %> <%= command.id %> part-1 part-2 --format html --out matrix.html',
    },
    {
      description: 'All runs of a folder over time',
      command: '<%= config.bin %> <%= command.id %> --trend reports --format html --out trend.html',
    },
  ]

  // More results than one: parts of a matrix.
  static override strict = false

  static override args = {
    result: Args.string({
      ignoreStdin: true,
      description:
        'result.json, comparison.json or rate.json, or the report folder that holds it; several are merged',
    }),
  }

  static override flags = {
    trend: Flags.string({
      helpValue: '<folder>',
      description: 'follow the answers of all reports in this folder over time',
    }),
    format: Flags.option({
      options: REPORT_FORMATS,
      description: 'how to render it [default: terminal; of a trend markdown]',
    })(),
    out: Flags.string({
      helpValue: '<file>',
      description: 'write to this file instead of stdout',
    }),
  }

  async run(): Promise<ResultDocument | ComparisonDocument | RateDocument | Trend> {
    const { flags, argv } = await this.parse(ReportCommand)
    const paths = argv.map(String)
    if (flags.trend !== undefined) {
      if (paths.length > 0)
        throw usageError(
          '--trend names the folder, so no result may be named',
          `Leave ${paths.join(' ')} out`,
        )
      return this.trend(flags.trend, flags)
    }
    const [only, ...others] = paths
    if (only === undefined) throw usageError('No result is named', 'tune report reports/<name>')
    const rate = others.length === 0 ? await readRate(only) : null
    if (rate !== null) {
      const format = RATE_FORMATS.find((one) => one === (flags.format ?? 'terminal'))
      if (format === undefined)
        throw usageError('Open load has no rendering as junit', `Use --format ${RATE_FORMATS.join(', ')}`)
      await this.deliver(renderRate(rate, format), flags.out)
      return rate
    }
    const document =
      others.length === 0 ? await readReport(only) : mergeShards(await Promise.all(paths.map(readResult)))
    const format = flags.format ?? 'terminal'
    const text =
      'subjects' in document
        ? renderComparison(document, format, terminalOptions())
        : renderResult(document, format, terminalOptions())
    await this.deliver(text, flags.out)
    return document
  }

  private async trend(
    folder: string,
    {
      format = 'markdown',
      out,
    }: { format?: (typeof REPORT_FORMATS)[number] | undefined; out?: string | undefined },
  ): Promise<Trend> {
    if (format !== 'markdown' && format !== 'html' && format !== 'json') {
      throw usageError(`A trend is not rendered as ${format}`, 'Use --format markdown, html or json')
    }
    const trend = await readTrend(folder)
    for (const reason of trend.left) process.stderr.write(`Left out: ${reason}\n`)
    const text = {
      markdown: () => renderTrendMarkdown(trend.series, folder),
      html: () => renderTrendHtml(trend.series, folder),
      json: () => `${JSON.stringify(trend, null, 2)}\n`,
    }[format]()
    await this.deliver(text, out)
    return trend
  }

  private async deliver(text: string, out: string | undefined): Promise<void> {
    if (out === undefined) this.log(text.trimEnd())
    else await writeAtomic(out, text)
  }
}
