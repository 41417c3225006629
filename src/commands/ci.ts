import { basename } from 'node:path'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { drawSeed } from '../cli/draw-seed.js'
import { interruptible } from '../cli/interrupt.js'
import { machineFlags, machineOverrides, runFlags } from '../cli/study-flags.js'
import { stderrProgress, terminalOptions } from '../cli/terminal.js'
import { budgetFlags, measureFlags, servedFlags } from '../cli/version-flags.js'
import { parseBudgets } from '../config/budget.js'
import type { CiConfig } from '../config/ci-config.js'
import { readConfigFile } from '../config/config-file.js'
import { configuredBudgets, GATE_SECONDS } from '../config/gate.js'
import { parseDuration } from '../config/duration.js'
import { namesIn, parseRequest } from '../config/request.js'
import { readRequests, type RequestSource } from '../config/request-source.js'
import { servedConfiguration } from '../config/served-configuration.js'
import { renderComparisonTerminal } from '../report/comparison/terminal.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { usageError } from '../result/error.js'
import { compareRefs } from '../studies/ci/compare-refs.js'
import { comparisonExitCode } from '../studies/exit-code.js'
import { reportToGithub } from '../studies/github-job.js'

/** What a change may not do unless the config says otherwise. */
export const DEFAULT_BUDGETS = [
  'rps vs baseline >= -5%',
  'cpu.per-request vs baseline <= 5%',
  'errors.rate < 1%',
]

const WINDOW_RANGE = { min: 0.1, max: 60 }
/** Verdicts of the table; budgets have limits of their own. */
const MARGIN = 0.03

export default class CiCommand extends BaseCommand {
  static override summary =
    'measure a change against its baseline in one job, and fail when a budget is broken'

  static override description = `Checks the baseline out to a temporary git worktree, makes both versions ready with --build, and measures them together: base, head and the base once more are up at the same time and take turns in randomised blocks, so that a slow minute of a shared machine meets all alike. It ends as soon as every budget is decided, or when --time is used up. The head is the working tree as it stands. The worktree is removed, however the command ends.

Without --build the base runs with the node_modules of the head, if their lock files are equal. Both are served the same: by flags, else by the serve section of tune.config.*, else one async worker per CPU.

Budgets come from --budget, else from the budgets of tune.config.*, else they are ${DEFAULT_BUDGETS.map((text) => `"${text}"`).join(', ')}. They are decided on the bounds of 95 % intervals, and where the base breaks a limit against itself, nothing is decided.

Leaves comparison.json, comparison.md, comment.md and note.md (for a pull or merge request), metrics.txt (OpenMetrics, for GitLab), junit.xml and trials.jsonl in the report folder. In a GitHub job the report is added to its summary, and budgets are annotated.

Exit codes: 0 every budget is kept, 2 usage, 3 and 4 a version does not build or come up, 5 a budget could not be decided, 6 a budget is broken, 130 interrupted.`

  static override examples = [
    {
      description: 'This working tree against main',
      command: '<%= config.bin %> <%= command.id %> src/server.ts --baseline-ref main',
    },
    {
      description: 'Both built first, with limits of your own',
      command: `<%= config.bin %> <%= command.id %> dist/server.js --baseline-ref origin/main --build 'npm ci && npm run build' --budget 'rps vs baseline >= -3%' --budget 'latency.p99 < 250ms'`,
    },
    {
      description:
        'Everything from tune.config.ts; a pull request that cannot be judged passes with a warning',
      command: '<%= config.bin %> <%= command.id %> --on-inconclusive warn',
    },
  ]

  static override args = {
    app: Args.string({
      ignoreStdin: true,
      description: 'path[:export] of the app in both versions [default: ci.app of the config]',
    }),
  }

  static override flags = {
    'baseline-ref': Flags.string({
      helpValue: '<git ref>',
      description:
        'branch, tag or commit to compare with [default: ci.baselineRef of the config, or the target branch of the pull or merge request]',
    }),
    build: Flags.string({
      helpValue: '<command>',
      description: "shell command that makes a checkout ready, e.g. 'npm ci && npm run build'",
    }),
    config: Flags.string({
      helpValue: '<path>',
      description: 'config file, instead of the one in this directory',
    }),
    ...budgetFlags,
    ...servedFlags,
    ...measureFlags,
    ...machineFlags,
    generators: runFlags.generators,
    out: runFlags.out,
    quiet: runFlags.quiet,
    seed: runFlags.seed,
  }

  async run(): Promise<ComparisonDocument> {
    const { args, flags, metadata } = await this.parse(CiCommand)
    const config = await readConfigFile(process.cwd(), flags.config)
    const { ci = {} } = config ?? {}
    const file = config === null ? 'tune.config.ts' : basename(config.path)
    const seed = flags.seed ?? drawSeed()
    const isSet = (name: 'path' | 'method'): boolean => metadata.flags[name]?.setFromDefault !== true
    const { request, notes } =
      flags.scenario === undefined && flags.har === undefined
        ? oneRequest(flags, isSet, ci.request ?? {}, file)
        : await readRequests(flags, seed)
    for (const note of notes) this.logToStderr(note)
    const configured = config === null ? [] : configuredBudgets(config)
    const defaults = configured.length > 0 ? configured : parseBudgets(DEFAULT_BUDGETS, () => 'default')
    const { duration } = flags
    const settings = {
      command: 'ci' as const,
      toolVersion: this.config.version,
      out: flags.out,
      overrides: machineOverrides(flags),
      progress: stderrProgress(flags.quiet),
      request,
      generators: flags.generators,
      connections: flags.connections ?? ci.connections ?? null,
      windowSeconds: duration === undefined ? null : parseDuration(duration, '--duration', WINDOW_RANGE),
      seconds: parseDuration(
        flags.time ?? ci.time ?? '60s',
        flags.time === undefined ? `ci.time in ${file}` : '--time',
        GATE_SECONDS,
      ),
      margin: MARGIN,
      budgets: flags.budget === undefined ? defaults : parseBudgets(flags.budget, () => '--budget'),
      seed,
      configurationOn: (machine: Parameters<typeof servedConfiguration>[2]) =>
        servedConfiguration(flags, config, machine),
    }
    const job = {
      app: args.app ?? ci.app ?? missing('the app', 'tune ci src/server.ts', 'ci: { app: "src/server.ts" }'),
      cwd: process.cwd(),
      baselineRef:
        flags['baseline-ref'] ??
        ci.baselineRef ??
        targetBranch(process.env) ??
        missing('the baseline', 'tune ci --baseline-ref main', 'ci: { baselineRef: "main" }'),
      build: flags.build ?? ci.build ?? null,
    }
    const { document, folder } = await interruptible((signal) => compareRefs(job, settings, signal))
    this.log(renderComparisonTerminal(document, { ...terminalOptions(), folder }).trimEnd())
    const summaryPath = process.env.GITHUB_STEP_SUMMARY ?? ''
    if (summaryPath !== '') await reportToGithub(document, summaryPath)
    process.exitCode = comparisonExitCode(document, flags['on-inconclusive'] ?? ci.onInconclusive)
    return document
  }
}

interface OneRequestFlags {
  path: string
  method: string
  header?: string[] | undefined
  body?: string | undefined
}

/** The request of the flags, of the config where a flag is not given. */
function oneRequest(
  flags: OneRequestFlags,
  isSet: (name: 'path' | 'method') => boolean,
  configured: NonNullable<CiConfig['request']>,
  file: string,
): RequestSource {
  const keys = namesIn(file)
  const headers = Object.entries(configured.headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  const value = (name: 'path' | 'method'): string =>
    isSet(name) ? flags[name] : (configured[name] ?? flags[name])
  const request = parseRequest(
    {
      path: value('path'),
      method: value('method'),
      header: flags.header ?? headers,
      body: flags.body ?? configured.body,
    },
    {
      path: isSet('path') ? '--path' : keys.path,
      method: isSet('method') ? '--method' : keys.method,
      header: flags.header === undefined ? keys.header : '--header',
      body: flags.body === undefined ? keys.body : '--body',
    },
  )
  return { request, notes: [] }
}

/** What the pull or merge request wants to go into, where a job is one's. */
function targetBranch(env: NodeJS.ProcessEnv): string | undefined {
  return [env.GITHUB_BASE_REF, env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME].find(
    (name) => name !== undefined && name !== '',
  )
}

function missing(what: string, command: string, config: string): never {
  throw usageError(
    `tune ci is not told ${what}`,
    `On the command line: ${command}`,
    `In tune.config.ts: ${config}`,
  )
}
