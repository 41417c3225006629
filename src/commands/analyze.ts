import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { drawSeed } from '../cli/draw-seed.js'
import { interruptible } from '../cli/interrupt.js'
import { questionFlags } from '../cli/question-flags.js'
import { variedServerFlags } from '../cli/server-flags.js'
import { machineFlags, machineOverrides, pinFlags, requestFlags, runFlags } from '../cli/study-flags.js'
import { stderrProgress, terminalOptions } from '../cli/terminal.js'
import { applyConfig, assertAppliable, type ConfigData } from '../config/apply-config.js'
import { readConfigFile } from '../config/config-file.js'
import { parseDuration } from '../config/duration.js'
import { configuredServer, questionOf } from '../config/question.js'
import { readRequests } from '../config/request-source.js'
import { servedValues } from '../config/served-values.js'
import { serverNames } from '../config/server-names.js'
import { parseCpus, parseMachineMemory } from '../config/units.js'
import { appliedConfig, isRecycledSoonEnough } from '../export/applied-config.js'
import { answerOf } from '../export/index.js'
import { reportFiles } from '../report/render.js'
import { renderAnalyzeTerminal } from '../report/terminal/analyze.js'
import { renderLiveTerminal } from '../report/terminal/live.js'
import { sameConfiguration, type Configuration } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import type { Question } from '../result/question.js'
import { ServerError } from '../server/index.js'
import type { LiveDocument } from '../result/live-document.js'
import { attach, findServer } from '../studies/attach.js'
import { analyze, type AnalyzeSettings } from '../studies/analyze.js'
import { readBaseline } from '../studies/baseline.js'
import { reportChange } from '../studies/baseline-report.js'
import { assertVaries, commandOf, serverUnderStudy } from '../studies/servers.js'
import type { StudyTools } from '../studies/tools.js'
import { withOpenGenerator, withSpeedometer, withWorkbench } from '../studies/workbench.js'

const BUDGET_RANGE = { min: 20, max: 3600 }
/** Two searches of a rate, a block that says which two, and the probe before it; a rate that is given is tried, and not searched. */
const LEAST_SECONDS_FOR_SLO = { searched: 60, given: 40 }
/** What --attach makes use of. */
const FLAGS_OF_ATTACH = new Set(['attach', 'for', 'cpus', 'memory', 'json'])

export default class AnalyzeCommand extends BaseCommand {
  static override summary = 'measure how many workers, threads and connections an app should run with'

  static override description = `Starts the app under the bundled server, finds out whether a request computes or waits, proposes configurations by formula, the rule 2N+1 among them, and races them against each other in randomised blocks of short trials. The answer comes with its interval, its reasons and the comparison with 2N+1; "keep the rule" and "this machine cannot tell" are answers.

Writes report.md, report.html, junit.xml, result.json and trials.jsonl. Ctrl-C stops everything and keeps what is known.

Exit codes: 0 answered, 2 usage, 3 a worker failed to boot, 4 the app failed to load, 5 inconclusive or unmeasurable, 130 interrupted.`

  static override examples = [
    { description: 'The home page of an app', command: '<%= config.bin %> <%= command.id %> app.ts' },
    {
      description: 'A request with a body',
      command: `<%= config.bin %> <%= command.id %> app.ts --path /orders --method POST --header 'Content-Type: application/json' --body @order.json`,
    },
    {
      description: 'Longer, for smaller differences, and repeatable',
      command: '<%= config.bin %> <%= command.id %> app.ts --budget 3m --seed 7',
    },
    {
      description: 'Measure, and let tune serve run the answer',
      command: '<%= config.bin %> <%= command.id %> app.ts --apply && <%= config.bin %> serve app.ts',
    },
    {
      description: 'Does what runs fit the traffic of now?',
      command: '<%= config.bin %> <%= command.id %> --attach /run/app.sock --for 30s',
    },
    {
      description: 'Is what runs today still right, and would three async workers do?',
      command:
        '<%= config.bin %> <%= command.id %> app.ts --current class=sync,workers=4 --candidate class=async,workers=3',
    },
    {
      description: 'The cheapest that carries 800 requests per second in half a gigabyte',
      command: '<%= config.bin %> <%= command.id %> app.ts --target-rate 800 --max-memory 512m',
    },
    {
      description: 'The largest rate that 99 of 100 requests survive within 50 ms',
      command: "<%= config.bin %> <%= command.id %> app.ts --slo 'p99<50ms' --budget 2m",
    },
    {
      description: 'A Flask app under Gunicorn: sync, gthread and gevent',
      command: '<%= config.bin %> <%= command.id %> --server gunicorn main:app',
    },
    {
      description: 'Any other server',
      command: `<%= config.bin %> <%= command.id %> --server 'command: puma -w {workers} -t {threads}:{threads} -b tcp://{host}:{port}'`,
    },
    {
      description: 'The answer for a script',
      command: '<%= config.bin %> <%= command.id %> app.ts --json | jq .recommendation.configuration',
    },
  ]

  static override args = {
    app: Args.string({
      ignoreStdin: true,
      description: "the app: path[:export], or what the server calls it, e.g. Gunicorn's main:app",
    }),
  }

  static override flags = {
    ...variedServerFlags,
    ...requestFlags,
    ...machineFlags,
    ...pinFlags,
    ...runFlags,
    budget: Flags.string({
      default: '90s',
      helpValue: '<duration>',
      description: 'time for the whole measurement, e.g. 60s or 2m',
    }),
    attach: Flags.string({
      helpValue: '<control socket>|<pid>',
      summary: 'read a running tune serve instead, without any load',
      description:
        'Says whether its configuration fits its present traffic, from its counters over --for, and ends with 0 whatever it says, or with 130 when it is interrupted. It needs a server with --control-socket; a pid is that of the arbiter.',
    }),
    for: Flags.string({
      helpValue: '<duration>',
      description: 'how long --attach looks [default: 10s]',
      dependsOn: ['attach'],
    }),
    apply: Flags.boolean({
      exclusive: ['attach'],
      description:
        'write the answer to tune.config.ts, which tune serve reads; a file that is there is copied first, and one with hooks is refused',
    }),
    ...questionFlags,
  }

  async run(): Promise<AnalyzeDocument | LiveDocument> {
    const { args, flags, metadata } = await this.parse(AnalyzeCommand)
    if (flags.attach !== undefined) {
      const given = Object.keys(flags).filter((name) => metadata.flags[name]?.setFromDefault !== true)
      const unused = given.filter((name) => !FLAGS_OF_ATTACH.has(name)).map((name) => `--${name}`)
      if (args.app !== undefined) unused.unshift('an app')
      if (unused.length > 0) throw attachReads(unused)
      return this.look(flags.attach, flags)
    }
    const seed = flags.seed ?? drawSeed()
    const { request, notes } = await readRequests(flags, seed)
    for (const note of notes) this.logToStderr(note)
    const context = { app: args.app ?? null, cwd: process.cwd(), request }
    const server = serverUnderStudy(flags.server, context)
    if (server.name === 'url') throw cannotVary()
    assertVaries(flags.server)
    if (flags.apply && server.name !== 'bundled') throw cannotApply(server.name)
    // What tune serve would read, which no other server does.
    const config = server.name === 'bundled' ? await readConfigFile(process.cwd()) : null
    if (flags.apply && config !== null) assertAppliable(config)
    const command = commandOf(flags.server)
    const app = args.app ?? command ?? flags.server
    const settings = {
      app,
      request,
      server,
      budgetSeconds: budgetOf(flags),
      seed,
      ...otherMachine(flags['for-cpus'], flags['for-memory']),
      ...(command === null || args.app === undefined ? {} : { template: command }),
      ...(server.name === 'bundled' ? { served: serverNames(servedValues(config)) } : {}),
    }
    const options = {
      toolVersion: this.config.version,
      subject: args.app ?? app.split(' ')[0] ?? app,
      out: flags.out,
      overrides: machineOverrides(flags),
      generators: flags.generators,
      generatorCpus: flags['generator-cpus'],
      progress: stderrProgress(flags.quiet),
    }
    // Wrong flags are said before anything is started.
    const asked = questionOf(flags, null)
    return interruptible((signal) =>
      withWorkbench(options, async ({ tools: found, store }) => {
        const here = { command: 'analyze' as const, request, machine: found.machine }
        const baseline = flags.baseline === undefined ? null : await readBaseline(flags.baseline, here)
        const configured = config && configuredServer(config, found.machine.effectiveCpus)
        const question = questionOf(flags, configured)
        const document = await withSpeedometer(found, (timing) =>
          withQuestionTools(timing, asked, (tools) =>
            analyze({ ...settings, question, name: store.name }, server.makeTarget, tools, signal),
          ),
        )
        await store.writeDocument(document)
        for (const [name, text] of reportFiles(document)) await store.writeFile(name, text)
        options.progress.done()
        this.log(renderAnalyzeTerminal(document, { ...terminalOptions(), folder: store.folder }).trimEnd())
        const change = { toolVersion: this.config.version, terminal: terminalOptions() }
        if (baseline !== null) this.log(await reportChange(baseline, document, change, store))
        if (flags.apply) this.log(await applied(document, configured?.configuration ?? null))
        process.exitCode = exitCodeOf(document)
        return document
      }),
    )
  }

  /** Counters of a running server; nothing is started and nothing is sent to it but questions. */
  private async look(
    target: string,
    flags: { for?: string | undefined; cpus?: string | undefined; memory?: string | undefined },
  ): Promise<LiveDocument> {
    const seconds = parseDuration(flags.for ?? '10s', '--for', { min: 1, max: 3600 })
    const overrides = machineOverrides(flags)
    const document = await interruptible(async (signal) =>
      explained(async () =>
        attach(await findServer(target), { toolVersion: this.config.version, overrides, seconds }, signal),
      ),
    )
    this.log(renderLiveTerminal(document, terminalOptions()).trimEnd())
    if (document.status === 'interrupted') process.exitCode = EXIT.interrupted
    return document
  }
}

function budgetOf(flags: {
  budget: string
  slo?: string | undefined
  'target-rate'?: string | undefined
}): number {
  const { budget, slo, 'target-rate': rate } = flags
  const seconds = parseDuration(budget, '--budget', BUDGET_RANGE)
  const least = LEAST_SECONDS_FOR_SLO[rate === undefined ? 'searched' : 'given']
  if (slo !== undefined && seconds < least) {
    throw usageError(
      `--budget ${budget} is too short for --slo, which ${rate === undefined ? 'searches' : 'tries'} a rate for two configurations at least`,
      `Give it ${least}s or more; 90s, the default, searches more finely`,
    )
  }
  return seconds
}

function otherMachine(
  cpus: string | undefined,
  memory: string | undefined,
): Pick<AnalyzeSettings, 'forMachine'> {
  if (cpus === undefined && memory === undefined) return {}
  return {
    forMachine: {
      cpus: cpus === undefined ? undefined : parseCpus(cpus, '--for-cpus'),
      memoryBytes: memory === undefined ? undefined : parseMachineMemory(memory, '--for-memory'),
    },
  }
}

/** Open load is generated only where a rate is asked for. */
function withQuestionTools<T>(
  tools: StudyTools,
  { slo }: Question,
  work: (tools: StudyTools) => Promise<T>,
): Promise<T> {
  if (slo === null) return work(tools)
  return withOpenGenerator(tools, (openGenerator) => work({ ...tools, openGenerator }))
}

function attachReads(unused: readonly string[]): TuneError {
  return usageError(
    `--attach reads a server that runs, and makes no use of ${unused.join(', ')}`,
    'Leave that out; --attach goes with --for, --cpus and --memory',
  )
}

/** Writes the config file where there is something to write; says in a sentence what was done. */
async function applied(document: AnalyzeDocument, present: Configuration | null): Promise<string> {
  const { recommendation, status } = document
  if (recommendation === null || recommendation.action === 'inconclusive' || status === 'interrupted') {
    return 'Not applied: there is no answer to apply'
  }
  const answer = answerOf(document)
  const isPresent = present !== null && sameConfiguration(present, recommendation.configuration)
  const saysAll = ({ serve }: ConfigData): boolean =>
    isPresent && (answer.recycle === null || isRecycledSoonEnough(answer.recycle, serve))
  const written = await applyConfig(process.cwd(), new Date(), (existing, back) =>
    saysAll(existing) ? null : appliedConfig(answer, existing, back),
  )
  if (written === null) return 'Not applied: the config file says so already'
  const { path, rollback } = written
  return `Applied: ${path}; tune serve ${document.app.spec} runs it. Back: ${rollback}`
}

/** The server has an error class of its own, as it imports nothing from here. */
async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const { code, exit, suggestions } = error
    throw new TuneError(error.message, { code, exit, suggestions, cause: error })
  }
}

function cannotApply(server: string): Error {
  return usageError(
    `--apply writes the configuration of tune serve, and ${server} does not read that`,
    'Leave it out, and write one for that server: tune export <result> --to gunicorn|pm2|systemd|…',
  )
}

function cannotVary(): Error {
  return usageError(
    'A running server cannot be started in other configurations, so there is nothing to analyze',
    'Measure it as it runs: tune bench --server url http://127.0.0.1:8000',
    "Or say how it is started: --server 'command: program --port {port} --workers {workers}'",
  )
}

function exitCodeOf({ status, recommendation }: AnalyzeDocument): number {
  if (status === 'interrupted') return EXIT.interrupted
  return recommendation === null || recommendation.action === 'inconclusive' ? EXIT.inconclusive : EXIT.ok
}
