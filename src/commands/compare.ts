import { resolve } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { drawSeed } from '../cli/draw-seed.js'
import { interruptible } from '../cli/interrupt.js'
import { machineFlags, machineOverrides, runFlags } from '../cli/study-flags.js'
import { stderrProgress, terminalOptions } from '../cli/terminal.js'
import { budgetFlags, measureFlags, servedFlags } from '../cli/version-flags.js'
import { checkoutFolder, placeOfApp } from '../config/app-place.js'
import { parseBudgets } from '../config/budget.js'
import { readConfigFile } from '../config/config-file.js'
import { parseDuration } from '../config/duration.js'
import { readRequests } from '../config/request-source.js'
import { servedConfiguration } from '../config/served-configuration.js'
import { parseShare } from '../config/share.js'
import { comparisonFiles } from '../report/comparison/files.js'
import { renderComparisonMarkdown } from '../report/comparison/markdown.js'
import { renderComparisonTerminal } from '../report/comparison/terminal.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { usageError } from '../result/error.js'
import { writeInFolder } from '../result/files.js'
import { readResult } from '../result/read.js'
import { compareResults } from '../studies/compare.js'
import { comparisonExitCode } from '../studies/exit-code.js'
import { reportToGithub } from '../studies/github-job.js'
import { bundledVersion, runVersions } from '../studies/run-versions.js'
import type { Version } from '../studies/versions.js'

const MARGIN_RANGE = { min: 0.001, max: 1 }
/** Two runs differ without any cause by more than pairs within one run do. */
const DEFAULT_MARGIN = { results: '5%', versions: '3%' }
const TIME_RANGE = { min: 3, max: 3600 }
const WINDOW_RANGE = { min: 0.1, max: 60 }

type Flagged = Awaited<ReturnType<CompareCommand['parseAll']>>['flags']

export default class CompareCommand extends BaseCommand {
  static override summary =
    'say what differs between two results, or two versions of an app, metric by metric, and hold budgets against it'

  static override description = `Two results: compares every configuration that both measured under the same load. Each verdict comes from the 95 % interval of the ratio and a margin, because two runs at different times differ without any cause. Results of different machines are refused unless --other-machine says that this is known.

Two versions of an app (--app-a and --app-b, or --app in two checkouts) are measured together: base, head and the base once more are up at the same time and take turns in randomised blocks, so that the machine's moods meet all alike. Both are served the same: by flags, else by the serve section of tune.config.*, else one async worker per CPU. A report folder is left as by tune ci.

Metrics: requests per second, latency p50 and p99, CPU per request, memory. A budget is METRIC OPERATOR LIMIT, or METRIC vs baseline OPERATOR CHANGE, with warn: in front where it must not fail the command; metrics are rps, latency.p50, latency.p95, latency.p99, cpu.per-request, memory.pss, errors.rate. It is decided on the bounds of the interval, for what the second result recommends, or for the head.

Exit codes: 0 compared and every budget kept, 2 usage or not comparable, 3 and 4 a version does not come up, 5 a budget could not be decided, 6 a budget is broken, 130 interrupted.`

  static override examples = [
    {
      description: 'Two runs of one app',
      command: '<%= config.bin %> <%= command.id %> reports/api-20261119-093000 reports/api-20261120-093000',
    },
    {
      description: 'Two versions of an app, measured in turn',
      command: `<%= config.bin %> <%= command.id %> --app-a ../main/app.ts --app-b app.ts --path /feed`,
    },
    {
      description: 'The same app in two checkouts',
      command: `<%= config.bin %> <%= command.id %> ../main . --app src/server.ts --budget 'rps vs baseline >= -5%'`,
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
    base: Args.string({
      ignoreStdin: true,
      description: 'result.json or report folder to compare with; with --app a checkout',
    }),
    head: Args.string({
      ignoreStdin: true,
      description: 'result.json or report folder that is judged; with --app a checkout',
    }),
  }

  static override flags = {
    'app-a': Flags.string({
      helpGroup: 'VERSIONS',
      helpValue: '<app>',
      description: 'base version of an app: path[:export], run in its own package folder',
      dependsOn: ['app-b'],
    }),
    'app-b': Flags.string({
      helpGroup: 'VERSIONS',
      helpValue: '<app>',
      description: 'head version, which is judged',
      dependsOn: ['app-a'],
    }),
    app: Flags.string({
      helpGroup: 'VERSIONS',
      helpValue: '<app>',
      description: 'path[:export] of the app in both checkouts',
      exclusive: ['app-a', 'app-b'],
    }),
    ...budgetFlags,
    margin: Flags.string({
      helpValue: '<per cent>',
      description: `differences below this count as none [default: ${DEFAULT_MARGIN.results}; of versions measured together ${DEFAULT_MARGIN.versions}]`,
    }),
    'other-machine': Flags.boolean({ description: 'compare although the machines differ' }),
    ...servedFlags,
    ...measureFlags,
    ...machineFlags,
    seed: runFlags.seed,
    quiet: runFlags.quiet,
    out: Flags.string({
      helpGroup: 'CI',
      helpValue: '<folder>',
      description:
        'also write comparison.json, comparison.md, comment.md and note.md (for a pull or merge request), metrics.txt and junit.xml',
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
    const { args, flags } = await this.parseAll()
    const summaryPath = process.env.GITHUB_STEP_SUMMARY ?? ''
    if (flags.github && summaryPath === '') {
      throw usageError('--github finds no GITHUB_STEP_SUMMARY', 'Use it in a step of a GitHub workflow only')
    }
    const versions = versionsOf(args, flags)
    const { document, folder } =
      versions === null ? await this.results(args, flags) : await this.measured(versions, flags)
    this.log(print(document, flags.format, folder).trimEnd())
    if (flags.github) await reportToGithub(document, summaryPath)
    process.exitCode = comparisonExitCode(document, flags['on-inconclusive'])
    return document
  }

  private parseAll() {
    return this.parse(CompareCommand)
  }

  private async results(
    { base, head }: { base?: string | undefined; head?: string | undefined },
    flags: Flagged,
  ): Promise<{ document: ComparisonDocument; folder?: string }> {
    if (base === undefined || head === undefined) {
      throw usageError(
        'Two results are needed, or two versions of an app',
        'tune compare reports/one reports/other',
        'tune compare --app-a ../main/app.ts --app-b app.ts',
      )
    }
    if (resolve(base) === resolve(head)) {
      throw usageError(`${base} would be compared with itself`, 'Name two results')
    }
    const settings = {
      toolVersion: this.config.version,
      margin: parseShare(flags.margin ?? DEFAULT_MARGIN.results, '--margin', MARGIN_RANGE),
      budgets: parseBudgets(flags.budget ?? [], () => '--budget'),
      otherMachine: flags['other-machine'],
    }
    const document = compareResults(await readResult(base), await readResult(head), settings)
    if (flags.out !== undefined) {
      for (const [name, text] of comparisonFiles(document)) await writeInFolder(flags.out, name, text)
    }
    return { document }
  }

  private async measured(
    versions: { base: Version; head: Version },
    flags: Flagged,
  ): Promise<{ document: ComparisonDocument; folder: string }> {
    const { duration } = flags
    const seed = flags.seed ?? drawSeed()
    const { request, notes } = await readRequests(flags, seed)
    for (const note of notes) this.logToStderr(note)
    const config = await readConfigFile(process.cwd())
    const settings = {
      command: 'compare' as const,
      toolVersion: this.config.version,
      out: flags.out,
      overrides: machineOverrides(flags),
      progress: stderrProgress(flags.quiet),
      request,
      connections: flags.connections ?? null,
      windowSeconds: duration === undefined ? null : parseDuration(duration, '--duration', WINDOW_RANGE),
      seconds: parseDuration(flags.time ?? '60s', '--time', TIME_RANGE),
      margin: parseShare(flags.margin ?? DEFAULT_MARGIN.versions, '--margin', MARGIN_RANGE),
      budgets: parseBudgets(flags.budget ?? [], () => '--budget'),
      seed,
      configurationOn: (machine: Parameters<typeof servedConfiguration>[2]) =>
        servedConfiguration(flags, config, machine),
    }
    return interruptible((signal) => runVersions(settings, versions, signal))
  }
}

/** `null` when results are to be compared. */
function versionsOf(
  { base, head }: { base?: string | undefined; head?: string | undefined },
  { app, 'app-a': a, 'app-b': b }: Flagged,
): { base: Version; head: Version } | null {
  if (a !== undefined && b !== undefined) {
    if (base !== undefined)
      throw usageError(
        '--app-a and --app-b name both versions, so no other may be named',
        `Leave ${base} out`,
      )
    const from = process.cwd()
    return { base: bundledVersion(a, placeOfApp(a, from)), head: bundledVersion(b, placeOfApp(b, from)) }
  }
  if (app === undefined) return null
  if (base === undefined || head === undefined) {
    throw usageError('--app needs two checkouts', 'tune compare ../main . --app src/server.ts')
  }
  const version = (name: string): Version => bundledVersion(name, { cwd: checkoutFolder(name), app })
  return { base: version(base), head: version(head) }
}

function print(
  document: ComparisonDocument,
  format: 'terminal' | 'markdown' | 'json',
  folder: string | undefined,
): string {
  if (format === 'json') return JSON.stringify(document, null, 2)
  return format === 'markdown'
    ? renderComparisonMarkdown(document)
    : renderComparisonTerminal(document, { ...terminalOptions(), folder })
}
