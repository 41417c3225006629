import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { terminalOptions } from '../cli/terminal.js'
import { parseBudget } from '../config/budget.js'
import { parseShare } from '../config/share.js'
import { renderComparisonMarkdown } from '../report/comparison/markdown.js'
import { renderComparisonTerminal } from '../report/comparison/terminal.js'
import { budgetAnnotations } from '../report/github/annotations.js'
import { fitMarkdown, SUMMARY_LIMIT_BYTES } from '../report/github/fit.js'
import { comparisonFiles } from '../report/comparison/files.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { EXIT, usageError } from '../result/error.js'
import { appendText, writeInFolder } from '../result/files.js'
import { readResult } from '../result/read.js'
import { compareResults } from '../studies/compare.js'

const MARGIN_RANGE = { min: 0.001, max: 1 }

export default class CompareCommand extends BaseCommand {
  static override summary =
    'say what differs between two results, metric by metric, and hold budgets against it'

  static override description = `Compares every configuration that both results measured under the same load: requests per second, latency p50 and p99, CPU per request, memory. Each verdict comes from the 95 % interval of the ratio and a margin, because two runs at different times differ without any cause.

Results of different machines are refused unless --other-machine says that this is known; another Node, kernel or version of tune is named beside the figures.

A budget is METRIC OPERATOR LIMIT, or METRIC vs baseline OPERATOR CHANGE, with warn: in front where it must not fail the command. Metrics: rps, latency.p50, latency.p95, latency.p99, cpu.per-request, memory.pss, errors.rate. It is decided on the bounds of the interval, for what the second result recommends.

Exit codes: 0 compared and every budget kept, 2 usage or not comparable, 5 a budget could not be decided, 6 a budget is broken.`

  static override examples = [
    {
      description: 'Two runs of one app',
      command: '<%= config.bin %> <%= command.id %> reports/api-20261119-093000 reports/api-20261120-093000',
    },
    {
      description: 'In a GitHub workflow: summary, annotations, files for a comment and for the test report',
      command: `<%= config.bin %> <%= command.id %> base head --budget 'rps vs baseline >= -5%' --github --out perf`,
    },
    {
      description: 'With limits that fail the build',
      command: `<%= config.bin %> <%= command.id %> base.json head.json --budget 'latency.p99 < 250ms' --budget 'rps vs baseline >= -5%'`,
    },
  ]

  static override args = {
    base: Args.string({ required: true, description: 'result.json or report folder to compare with' }),
    head: Args.string({ required: true, description: 'result.json or report folder that is judged' }),
  }

  static override flags = {
    budget: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: "'<metric> < <limit>'",
      description: 'limit that the second result must keep; may be repeated',
    }),
    margin: Flags.string({
      default: '5%',
      helpValue: '<per cent>',
      description: 'differences below this count as none',
    }),
    'on-inconclusive': Flags.option({
      options: ['fail', 'warn', 'pass'] as const,
      description: 'exit code when a budget cannot be decided: 6, or 0 [default: 5]',
    })(),
    'other-machine': Flags.boolean({ description: 'compare although the machines differ' }),
    out: Flags.string({
      helpGroup: 'CI',
      helpValue: '<folder>',
      description: 'also write comparison.json, comparison.md, comment.md (for a pull request) and junit.xml',
    }),
    github: Flags.boolean({
      helpGroup: 'CI',
      description: "add the report to the job's summary, and annotations for budgets",
    }),
    format: Flags.option({
      options: ['terminal', 'markdown', 'json'] as const,
      default: 'terminal' as const,
      description: 'how to print it',
    })(),
  }

  async run(): Promise<ComparisonDocument> {
    const { args, flags } = await this.parse(CompareCommand)
    const settings = {
      toolVersion: this.config.version,
      margin: parseShare(flags.margin, '--margin', MARGIN_RANGE),
      budgets: (flags.budget ?? []).map(parseBudget),
      otherMachine: flags['other-machine'],
    }
    const base = await readResult(args.base)
    const document = compareResults(base, await readResult(args.head), settings)
    this.log(print(document, flags.format).trimEnd())
    if (flags.out !== undefined) await writeFiles(flags.out, document)
    if (flags.github) await reportToGithub(document, process.env.GITHUB_STEP_SUMMARY)
    process.exitCode = exitCodeOf(document, flags['on-inconclusive'])
    return document
  }
}

async function writeFiles(folder: string, document: ComparisonDocument): Promise<void> {
  for (const [name, text] of comparisonFiles(document)) await writeInFolder(folder, name, text)
}

/** Annotations go to stderr, where GitHub reads them too, so that stdout stays what was asked for. */
async function reportToGithub(document: ComparisonDocument, summaryPath: string | undefined): Promise<void> {
  for (const line of budgetAnnotations(document.budgets)) process.stderr.write(`${line}\n`)
  if (summaryPath === undefined || summaryPath === '') {
    throw usageError('--github finds no GITHUB_STEP_SUMMARY', 'Use it in a step of a GitHub workflow only')
  }
  await appendText(summaryPath, fitMarkdown(renderComparisonMarkdown(document), SUMMARY_LIMIT_BYTES))
}

function print(document: ComparisonDocument, format: 'terminal' | 'markdown' | 'json'): string {
  if (format === 'json') return JSON.stringify(document, null, 2)
  return format === 'markdown'
    ? renderComparisonMarkdown(document)
    : renderComparisonTerminal(document, terminalOptions())
}

function exitCodeOf(
  { gate }: ComparisonDocument,
  onInconclusive: 'fail' | 'warn' | 'pass' | undefined,
): number {
  if (gate === 'fail') return EXIT.gateFailed
  if (gate === 'pass') return EXIT.ok
  if (onInconclusive === undefined) return EXIT.inconclusive
  return onInconclusive === 'fail' ? EXIT.gateFailed : EXIT.ok
}
