import { formatBytes, formatChange, formatChangeInterval, formatRate } from '../report/format.js'
import { questionSentence } from '../report/question.js'
import { RULE, ruleName } from '../report/rule-name.js'
import type { Finding, MemoryModel, WorkloadClass } from '../result/analysis.js'
import { configurationKey, sameConfiguration, type Configuration } from '../result/configuration.js'
import type { AnalyzeDocument, BenchDocument, Cell, ResultDocument } from '../result/document.js'
import { EXIT, TuneError, usageError } from '../result/error.js'
import { targetName } from '../result/host-key.js'
import { serverBytes, type ServerMemory } from '../result/memory.js'
import { ownBytes, startBytes, workerBytes } from '../result/memory-model.js'
import type { AdvisedRecycle } from '../result/recycle.js'
import { requestText, type RequestSpec } from '../result/request.js'
import type { ServerName } from '../result/server.js'
import type { Trial } from '../result/trial.js'

/** What every export needs of a result: the configuration that won, and what is known about it. */
export interface Answer {
  resultName: string
  toolVersion: string
  measuredOn: string
  /** As the user named it; `null` for a bundled workload, which nobody deploys. */
  app: string | null
  /** What the loader found, e.g. `listen()`. */
  appKind: string | null
  server: ServerName
  /** The command line that was measured, with `{host}` and `{port}` in it; `null` where the server is not a command of the user's. */
  command: string | null
  configuration: Configuration
  /** The rule 2N+1 in the class that the result compared with; `null` where the server was not measured with it. */
  heuristic: Configuration | null
  effectiveCpus: number
  request: RequestSpec
  workloadClass: WorkloadClass | null
  cpuMsPerRequest: number | null
  throughputRps: number | null
  clientConnections: number
  /** Of the whole server by itself, after the measurement: what it has mapped in common with neighbours counts in full. */
  memoryBytes: number
  memoryEvidence: 'measured' | 'modelled' | 'rule of thumb'
  /** Resident memory of one process, the code it shares included: what a supervisor of processes looks at. */
  processBytes: number
  /** When to replace a worker whose memory grows with every request, and how it was seen to; `null` where it does not. */
  recycle: (AdvisedRecycle & { observed: string }) | null
  /** What was asked for with --max-memory and the answer fits into; `null` where nothing was, or it does not. */
  mostBytes: number | null
  /** What was asked beside the highest throughput, e.g. `the cheapest that carries 500 req/s`. */
  question: string | null
  /** How far the answer may be trusted, one sentence each. */
  caveats: string[]
  /** The answer against 2N+1. */
  comparison: string
}

export interface AnswerOptions {
  /** Which workload of a matrix over several. */
  workload?: string | undefined
  /** The app in the words of the other server, e.g. `main:app`. */
  app?: string | undefined
}

/** An idle Node process; used where the result holds no reading. */
const PROCESS_BYTES = { arbiter: 45e6, worker: 60e6 }

/**
 * The answer of a result: the recommendation of `analyze`, the best cell of a matrix.
 * @throws TuneError `TUNE_E_NO_ANSWER` (exit 5) where the result holds none
 */
export function answerOf(document: ResultDocument, options: AnswerOptions = {}): Answer {
  const answer = document.command === 'analyze' ? fromAnalysis(document) : fromMatrix(document, options)
  return { ...answer, app: options.app ?? answer.app }
}

function fromAnalysis(document: AnalyzeDocument): Answer {
  const { recommendation, heuristic, workload, memory } = document
  if (recommendation === null || heuristic === null) throw noAnswer(document)
  const { configuration, connections, expected, confidence } = recommendation
  const isWhole = ruleName(heuristic) === RULE
  const rule = `the rule 2N+1 (${configurationKey(heuristic.configuration)}${isWhole ? '' : ', as far as memory allows'})`
  const size = memoryOf(configuration, expected, memory)
  const mostBytes = document.plan.question?.maxMemoryBytes ?? null
  return {
    ...common(document),
    command: document.app.server === 'command' ? recommendation.command : null,
    configuration,
    heuristic: heuristic.configuration,
    workloadClass: workload?.class ?? null,
    cpuMsPerRequest: workload?.cpuMsPerRequest ?? null,
    throughputRps: expected.throughputRps?.value ?? null,
    clientConnections: connections,
    ...size,
    processBytes: processBytesOf(
      document.trials.filter((trial) => sameConfiguration(trial.configuration, configuration)),
      configuration,
      memory,
    ),
    recycle: recycleOf(document.findings),
    mostBytes: mostBytes !== null && mostBytes >= size.memoryBytes ? mostBytes : null,
    question: questionSentence(document),
    caveats: [
      ...interrupted(document),
      ...undecided(document),
      ...(confidence === 'high' ? [] : [`Confidence of the measurement: ${confidence}.`]),
      ...leaksUnbounded(document),
    ],
    comparison: analysisComparison(configuration, heuristic, rule),
  }
}

/** What whoever exports should hear at once, and not only whoever opens the file: the answer is none, or nothing is known of it. */
export function undecided(document: ResultDocument): string[] {
  if (document.command !== 'analyze' || document.recommendation === null) return []
  const { action, expected } = document.recommendation
  return [
    ...(action === 'inconclusive'
      ? ['INCONCLUSIVE: the measurement could not tell; this is the configuration to keep meanwhile.']
      : []),
    ...(expected.throughputRps === null
      ? ['NOT MEASURED: no trial of this configuration could be believed.']
      : []),
  ]
}

/** A leak that no number of requests to replace a worker after helps. */
function leaksUnbounded({ findings }: AnalyzeDocument): string[] {
  return findings
    .filter(({ id, recycle }) => id === 'TUNE-APP-LEAK' && recycle === undefined)
    .map(
      ({ id, observed, advice }) =>
        `WARNING: memory grows with every request (${id}: ${observed}). ${advice}`,
    )
}

function recycleOf(findings: readonly Finding[]): Answer['recycle'] {
  const found = findings.find(({ recycle }) => recycle !== undefined)
  return found?.recycle === undefined ? null : { ...found.recycle, observed: found.observed }
}

function analysisComparison(
  configuration: Configuration,
  { configuration: ruled, effect, verdict }: NonNullable<AnalyzeDocument['heuristic']>,
  rule: string,
): string {
  // An effect there may be: that of a configuration that looked better, and was not sure enough to be chosen.
  if (configurationKey(configuration) === configurationKey(ruled)) return `It is ${rule} itself.`
  if (effect === null) return `Not compared with ${rule}.`
  const interval = formatChangeInterval(effect)
  const sure = interval === '' ? '' : ` (${interval})`
  return `Throughput against ${rule}: ${formatChange(effect.ratio)}${sure}, ${verdict}.`
}

function fromMatrix(document: BenchDocument, { workload }: AnswerOptions): Answer {
  const names = document.plan.workloads.map(({ name }) => name)
  const name = workload ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined || !names.includes(name)) {
    const message =
      workload === undefined
        ? `The result holds ${names.length} workloads, and each has an answer of its own`
        : `The result holds no workload "${workload}"`
    throw usageError(message, `Name one with --workload: ${names.join(', ')}`)
  }
  const cells = document.cells.filter((cell) => cell.workload === name)
  const best = cells.find((cell) => cell.best)
  if (best === undefined) throw noAnswer(document)
  if ((best.server ?? document.app?.server) === 'url') throw asItRan(document)
  const rule = bestOf(cells.filter(({ heuristic, server }) => heuristic && server === best.server))
  return {
    ...common(document),
    ...(best.server === undefined ? {} : { server: best.server }),
    command: null,
    configuration: best.configuration,
    heuristic: rule?.configuration ?? null,
    workloadClass: null,
    cpuMsPerRequest: null,
    throughputRps: best.throughputRps?.value ?? null,
    clientConnections: best.load.connections,
    ...memoryOf(best.configuration, best, null),
    processBytes: processBytesOf(
      document.trials.filter(({ target }) => target === targetName(best.workload, best)),
      best.configuration,
      null,
    ),
    recycle: null,
    mostBytes: null,
    question: null,
    caveats: [
      ...interrupted(document),
      'The fastest cell of a matrix: others may be as fast at a lower cost. tune analyze weighs that.',
    ],
    comparison:
      rule === undefined ? 'The rule 2N+1 was not measured with this server.' : matrixComparison(rule),
  }
}

function bestOf(cells: readonly Cell[]): Cell | undefined {
  return [...cells].sort((a, b) => (b.throughputRps?.value ?? 0) - (a.throughputRps?.value ?? 0))[0]
}

function matrixComparison({ configuration, throughputRps, best }: Cell): string {
  const rule = `The rule 2N+1 (${configurationKey(configuration)})`
  if (best) return `${rule} is the fastest itself.`
  return throughputRps === null
    ? `${rule} has no valid trial.`
    : `${rule} reached ${formatRate(throughputRps.value)} requests per second.`
}

function common(
  document: ResultDocument,
): Pick<
  Answer,
  'resultName' | 'toolVersion' | 'measuredOn' | 'app' | 'appKind' | 'server' | 'effectiveCpus' | 'request'
> {
  const { name, tool, startedAt, app, machine, request } = document
  return {
    resultName: name,
    toolVersion: tool.version,
    measuredOn: startedAt.slice(0, 10),
    app: app?.spec ?? null,
    appKind: app?.kind ?? null,
    server: app?.server ?? 'bundled',
    effectiveCpus: machine.effectiveCpus,
    request,
  }
}

function memoryOf(
  configuration: Configuration,
  measured: ServerMemory,
  model: MemoryModel | null,
): Pick<Answer, 'memoryBytes' | 'memoryEvidence'> {
  const bytes = serverBytes(measured)
  if (bytes !== null) return { memoryBytes: bytes, memoryEvidence: 'measured' }
  if (model === null) {
    const memoryBytes = PROCESS_BYTES.arbiter + configuration.workers * PROCESS_BYTES.worker
    return { memoryBytes, memoryEvidence: 'rule of thumb' }
  }
  const { evidence } = model
  const memoryBytes = startBytes(configuration, model)
  return { memoryBytes, memoryEvidence: evidence === 'rule of thumb' ? evidence : 'modelled' }
}

/** Of the trials that may be believed the largest, as a limit is made of it; else what the model or the rule of thumb says. */
function processBytesOf(
  own: readonly Trial[],
  configuration: Configuration,
  model: MemoryModel | null,
): number {
  const resident = own
    .filter(({ validity }) => validity.ok)
    .flatMap(({ server }) => {
      const { rssBytes = null, processes = 0 } = server ?? {}
      return rssBytes === null || processes === 0 ? [] : [rssBytes / processes]
    })
  if (resident.length > 0) return Math.max(...resident)
  if (model === null) return PROCESS_BYTES.worker
  // What it has started are processes of their own.
  return (model.sharedBytes ?? 0) + workerBytes(configuration, { ...model, perWorkerBytes: ownBytes(model) })
}

function interrupted({ status }: ResultDocument): string[] {
  return status === 'interrupted' ? ['The run was interrupted: this is what was known by then.'] : []
}

function asItRan({ name }: ResultDocument): TuneError {
  return new TuneError(
    `The result ${name} is of a server that ran already, so nobody knows its workers and threads`,
    {
      code: 'TUNE_E_NO_ANSWER',
      exit: EXIT.inconclusive,
      suggestions: ['Measure it where it can be started in several configurations: tune analyze --server …'],
    },
  )
}

function noAnswer({ name, status }: ResultDocument): TuneError {
  const why = status === 'interrupted' ? 'the run was interrupted too early' : 'no trial could be believed'
  return new TuneError(`The result ${name} holds no answer to export: ${why}`, {
    code: 'TUNE_E_NO_ANSWER',
    exit: EXIT.inconclusive,
    suggestions: ['Measure again, longer or on a quieter machine, and export that result'],
  })
}

/** The head of every exported file: where it comes from, what it assumes, how to go back. */
export function provenance(answer: Answer, ...assumptions: string[]): string[] {
  const { configuration, heuristic, request, throughputRps, clientConnections } = answer
  const { memoryBytes, memoryEvidence, effectiveCpus, mostBytes, question } = answer
  const rate =
    throughputRps === null
      ? `how many per second it carries with ${clientConnections} connections was not measured`
      : `${formatRate(throughputRps)} per second with ${clientConnections} connections`
  // Whoever puts the rule in place of the rule gets what is there.
  const other = heuristic === null || sameConfiguration(heuristic, configuration) ? null : heuristic
  return [
    `Written by tune ${answer.toolVersion} from the result ${answer.resultName} (${answer.measuredOn}).`,
    `Answer: ${configurationKey(configuration)}${answer.server === 'bundled' ? '' : ` under ${answer.server}`}. ${answer.comparison}`,
    ...(question === null ? [] : [`Asked for: ${question}.`]),
    ...answer.caveats,
    '',
    'Assumes:',
    `- ${effectiveCpus} CPUs for the server, as measured; other numbers need another measurement.`,
    `- requests like ${requestText(request)}: ${rate}.`,
    `- memory of the whole server by itself ${formatBytes(memoryBytes)} (${memoryEvidence})${mostBytes === null ? '' : `, and at most ${formatBytes(mostBytes)}, as asked for`}.`,
    ...assumptions.map((text) => `- ${text}`),
    '',
    `Rollback: put back the previous version of this file.${other === null ? '' : ` Without one, the rule of thumb is ${configurationKey(other)}.`}`,
  ]
}
