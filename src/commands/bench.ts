import { Args, type Interfaces } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { assertOneMode, benchFlags, comparedServers, openLoadOf } from '../cli/bench-flags.js'
import { drawSeed } from '../cli/draw-seed.js'
import { interruptible } from '../cli/interrupt.js'
import { resumable } from '../cli/resumable.js'
import { machineOverrides } from '../cli/study-flags.js'
import { stderrProgress, terminalOptions } from '../cli/terminal.js'
import { parseCounts } from '../config/counts.js'
import { parseDuration } from '../config/duration.js'
import { parseNames } from '../config/names.js'
import { readRequests } from '../config/request-source.js'
import type { Progress } from '../report/progress.js'
import { rateFiles } from '../report/render-rate.js'
import { reportFiles } from '../report/render.js'
import { renderBenchTerminal } from '../report/terminal/bench.js'
import { renderRateTerminal } from '../report/terminal/rate.js'
import { WORKER_CLASSES, type WorkerClass } from '../result/configuration.js'
import type { BenchDocument } from '../result/document.js'
import { EXIT, usageError } from '../result/error.js'
import { assertSameFingerprint, fingerprintOf, readPlan, type RunPlan } from '../result/run-plan.js'
import { judgeRun } from '../result/usable.js'
import { rateDocumentSchema, type RateDocument } from '../result/rate-document.js'
import { RATE_FILE } from '../result/rate-file.js'
import { matrixCells } from '../studies/matrix-plan.js'
import { matrix } from '../studies/matrix.js'
import { measureRates } from '../studies/rate.js'
import { rateExitCode } from '../studies/exit-code.js'
import { readBaseline } from '../studies/baseline.js'
import { reportChange } from '../studies/baseline-report.js'
import { chosenSubjects, describeApp, WORKLOAD_NAMES } from '../studies/subjects.js'
import { withOpenGenerator, withWorkbench, type Workbench } from '../studies/workbench.js'

const MAY_RESUME = new Set(['resume', 'quiet', 'json', 'no-color'])
const WINDOW_RANGE = { min: 0.5, max: 60 }

type BenchFlags = Interfaces.InferredFlags<ReturnType<typeof benchFlags>>

interface BenchQuestion {
  chosen: Pick<RunPlan, 'app' | 'workloads' | 'servers' | 'allowRemote' | 'request'>
  classes: WorkerClass[]
  windowSeconds: number
  overrides: ReturnType<typeof machineOverrides>
  seed: number
}

export default class BenchCommand extends BaseCommand {
  static override summary = 'measure a matrix of configurations, over bundled workloads or an app'

  static override description = `Measures every combination of worker class, workers, threads and client connections in randomised blocks, with all servers of a workload up at the same time. Without an app the bundled workloads are measured: ${WORKLOAD_NAMES.join(', ')}. The best cell and the rule 2N+1 of each class are marked; the rule is measured whether it is in the lists or not.

Without --matrix only the rule 2N+1 of each class is measured, with 64 connections; lists that are given are measured in either case. Numbers may be formulas of N, the effective CPUs.

With --rate or --slo requests leave by the clock, whatever became of earlier ones, and latency counts from the instant at which each was due; that mode writes rate.json, and a report with latency against the offered rate.

Writes report.md, report.html, junit.xml, result.json, trials.jsonl and plan.json. A run that was killed goes on with --resume: the same trials in the same order, none twice and none lost.`

  static override examples = [
    {
      description: 'Everything, over the bundled workloads',
      command: '<%= config.bin %> <%= command.id %> --matrix',
    },
    {
      description: 'A small matrix of one app',
      command:
        '<%= config.bin %> <%= command.id %> app.ts --matrix --classes sync,async --workers 1,N,2N+1 --connections 8,64',
    },
    {
      description: 'Go on after an interruption, a crash or a power cut',
      command: '<%= config.bin %> <%= command.id %> --resume reports/bench-20261120-093000',
    },
    {
      description: 'Three servers of one app, in one run',
      command: '<%= config.bin %> <%= command.id %> app.js --compare bundled,node-cluster,pm2 --workers 1,N',
    },
    {
      description: 'The classes of Gunicorn',
      command: '<%= config.bin %> <%= command.id %> --matrix --server gunicorn main:app',
    },
    {
      description: 'What runs already',
      command: '<%= config.bin %> <%= command.id %> --server url http://127.0.0.1:8000 --connections 8,64',
    },
    {
      description: 'The largest rate at which 99 % of requests take less than 50 ms',
      command: "<%= config.bin %> <%= command.id %> app.ts --classes async --slo 'p99<50ms'",
    },
    {
      description: 'Two workloads, more surely',
      command: '<%= config.bin %> <%= command.id %> --matrix --workloads io,cpu --blocks 8 --duration 1s',
    },
  ]

  static override args = {
    app: Args.string({
      ignoreStdin: true,
      description:
        'an app instead of the bundled workloads: path[:export], or what the server calls it; for --server url the address',
    }),
  }

  static override flags = benchFlags(WORKLOAD_NAMES)

  async run(): Promise<BenchDocument | RateDocument> {
    const { args, flags, raw } = await this.parse(BenchCommand)
    if (flags.resume !== undefined) {
      assertAlone(raw)
      return this.resume(flags.resume, flags.quiet)
    }
    const open = openLoadOf(flags)
    assertOneMode(
      raw.map((token) => (token.type === 'flag' ? token.flag : undefined)),
      open !== null,
    )
    const question = await this.ask(args.app, flags)
    const progress = stderrProgress(flags.quiet)
    const { overrides } = question
    const options = {
      ...{ toolVersion: this.config.version, subject: args.app ?? 'bench', out: flags.out },
      ...{ overrides, generators: flags.generators, generatorCpus: flags['generator-cpus'], progress },
    }
    if (open !== null) assertOneApp(question)
    return interruptible((signal) =>
      withWorkbench(options, (workbench): Promise<BenchDocument | RateDocument> =>
        open === null
          ? this.measureMatrix(question, flags, workbench, progress, signal)
          : this.measureRate(question, flags, open, workbench, progress, signal),
      ),
    )
  }

  /** What is to be measured. Mistakes in it show before a folder is made. */
  private async ask(app: string | undefined, flags: BenchFlags): Promise<BenchQuestion> {
    if (app !== undefined && flags.workloads !== undefined) {
      throw usageError('An app and --workloads exclude each other', 'Name one of them')
    }
    const seed = flags.seed ?? drawSeed()
    const { request, notes } = await readRequests(flags, seed)
    for (const note of notes) this.logToStderr(note)
    if (app === undefined && (flags.scenario ?? flags.har) !== undefined) {
      throw usageError(
        'The bundled workloads answer one request only',
        'Name the app that the requests are for',
      )
    }
    const names = parseNames(flags.workloads ?? WORKLOAD_NAMES.join(','), '--workloads', WORKLOAD_NAMES)
    const choices = flags.compare === undefined ? [flags.server] : comparedServers(flags.compare)
    const served =
      flags.compare === undefined && flags.server === 'bundled'
        ? {}
        : { servers: choices, allowRemote: flags['allow-remote'] }
    const chosen = { app: app ?? null, workloads: app === undefined ? names : [], ...served, request }
    chosenSubjects(chosen)
    return {
      ...{ chosen, seed },
      classes: parseNames(flags.classes, '--classes', WORKER_CLASSES),
      windowSeconds: parseDuration(flags.duration, '--duration', WINDOW_RANGE),
      overrides: machineOverrides(flags),
    }
  }

  private async measureRate(
    { chosen, classes, windowSeconds, seed }: BenchQuestion,
    flags: BenchFlags,
    open: NonNullable<ReturnType<typeof openLoadOf>>,
    { tools, store }: Workbench,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<RateDocument> {
    const { effectiveCpus } = tools.machine
    const axes = {
      classes,
      workers: counts(flags, '--workers', '1,N,2N+1', effectiveCpus),
      threads: parseCounts(flags.threads ?? '1', '--threads', effectiveCpus),
      connections: [1],
    }
    const configurations = matrixCells(axes, effectiveCpus).map(({ configuration }) => configuration)
    const [subject] = chosenSubjects(chosen)
    if (subject === undefined) throw new Error('nothing to measure')
    const settings = {
      ...open,
      name: store.name,
      app: describeApp(chosen),
      configurations,
      windowSeconds,
      seed,
    }
    const save = (known: RateDocument): Promise<void> =>
      store.writeFile(RATE_FILE, `${JSON.stringify(rateDocumentSchema.parse(known), null, 2)}\n`)
    const document = await withOpenGenerator(tools, (generator) =>
      measureRates(settings, subject, generator, tools, signal, save),
    )
    await save(document)
    for (const [name, text] of rateFiles(document)) await store.writeFile(name, text)
    progress.done()
    this.log(renderRateTerminal(document, store.folder).trimEnd())
    process.exitCode = rateExitCode(document)
    return document
  }

  private async measureMatrix(
    { chosen, classes, windowSeconds, overrides, seed }: BenchQuestion,
    flags: BenchFlags,
    workbench: Workbench,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<BenchDocument> {
    const { tools, store } = workbench
    const { machine, toolVersion } = tools
    const { effectiveCpus } = machine
    const workers = counts(flags, '--workers', '1,N,2N+1', effectiveCpus)
    const threads = counts(flags, '--threads', '1,4', effectiveCpus)
    const connections = flags.connections ?? (flags.matrix ? '8,64' : '64')
    const axes = {
      classes,
      // One axis given alone crosses with one of the other.
      workers: workers.length === 0 && threads.length > 0 ? [1] : workers,
      threads: threads.length === 0 ? [1] : threads,
      connections: parseCounts(connections, '--connections', effectiveCpus),
    }
    const plan = {
      ...{ command: 'bench' as const, fingerprint: fingerprintOf(machine, toolVersion), overrides },
      ...chosen,
      ...(flags.generators === undefined ? {} : { generators: flags.generators }),
      ...(tools.generatorCpus === undefined ? {} : { generatorCpus: tools.generatorCpus }),
      ...(flags.repeat === undefined ? {} : { repeats: flags.repeat }),
      ...{ axes, windowSeconds, blocks: flags.blocks, seed },
    }
    const here = { command: 'bench' as const, request: chosen.request, machine }
    const baseline = flags.baseline === undefined ? null : await readBaseline(flags.baseline, here)
    await store.makeResumable(plan)
    const document = await this.measure(plan, workbench, progress, signal)
    const change = { toolVersion, terminal: terminalOptions() }
    if (baseline !== null) this.log(await reportChange(baseline, document, change, store))
    return document
  }

  /** Goes on with a run that was cut: its plan, its trials, its folder. */
  private async resume(folder: string, quiet: boolean): Promise<BenchDocument> {
    const plan = await readPlan(folder)
    const progress = stderrProgress(quiet)
    const { overrides, generators, generatorCpus } = plan
    const options = { toolVersion: this.config.version, subject: '', out: undefined, resume: folder }
    return interruptible((signal) =>
      withWorkbench({ ...options, overrides, generators, generatorCpus, progress }, (workbench) => {
        const { machine, toolVersion } = workbench.tools
        assertSameFingerprint(plan.fingerprint, fingerprintOf(machine, toolVersion))
        return this.measure(plan, workbench, progress, signal)
      }),
    )
  }

  private async measure(
    plan: Omit<RunPlan, 'planVersion'>,
    { tools, store }: Workbench,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<BenchDocument> {
    const { request, axes, windowSeconds, blocks, repeats = 1, seed } = plan
    const subjects = chosenSubjects(plan)
    const turns = { blocks, repeats, seed }
    const settings = { name: store.name, app: describeApp(plan), axes, windowSeconds, request, ...turns }
    const document = await matrix(settings, subjects, tools, signal, store.recorded).catch(
      (error: unknown) => {
        throw resumable(error, store)
      },
    )
    await store.writeDocument(document)
    for (const [name, text] of reportFiles(document)) await store.writeFile(name, text)
    progress.done()
    this.log(renderBenchTerminal(document, { ...terminalOptions(), folder: store.folder }).trimEnd())
    process.exitCode = exitCodeOf(document)
    return document
  }
}

/** A resumed run is what its plan says; a flag that is silently ignored would promise something else. */
function assertAlone(raw: readonly { type: string; flag?: string }[]): void {
  const others = raw.filter(({ type, flag }) => type === 'arg' || !MAY_RESUME.has(flag ?? ''))
  if (others.length === 0) return
  throw usageError(
    '--resume goes on with an earlier run as it was planned, so nothing else can be said about it',
    'Leave the other arguments out, or begin a new run',
  )
}

/** Numbers of an axis; none where neither the flag nor --matrix asks for it. */
function counts(flags: BenchFlags, name: '--workers' | '--threads', whole: string, cpus: number): number[] {
  const text = (name === '--workers' ? flags.workers : flags.threads) ?? (flags.matrix ? whole : undefined)
  return text === undefined ? [] : parseCounts(text, name, cpus)
}

function assertOneApp({ chosen }: BenchQuestion): void {
  if (describeApp(chosen) === null && chosen.workloads.length !== 1) {
    throw usageError('--rate and --slo measure one app', 'Name an app, or one workload with --workloads')
  }
}

function exitCodeOf({ status, cells, trials }: BenchDocument): number {
  if (status === 'interrupted') return EXIT.interrupted
  const measured = cells.some(({ validTrials }) => validTrials > 0)
  return measured && judgeRun(trials) === null ? EXIT.ok : EXIT.inconclusive
}
