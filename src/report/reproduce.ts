import type { WhatIf } from '../result/analysis.js'
import type { AnalyzeDocument, BenchDocument, ResultDocument } from '../result/document.js'
import type { ComparisonDocument } from '../result/comparison.js'
import { configurationFlags, configurationText } from '../result/configuration.js'
import { objectiveText } from '../result/objective.js'
import type { RequestSpec } from '../result/request.js'
import { plain, shellQuote } from './plain.js'

/** Reports are committed and pasted; what such a header holds stays out of them. */
const SECRET_HEADER = /auth|cookie|token|secret|password|key|session|signature/i
const REDACTED = '<redacted>'

/** The command line that repeats the run: same app, request, effort and seed. */
export function reproduceCommand(document: ResultDocument): string {
  const parts = document.command === 'analyze' ? analyzeParts(document) : benchParts(document)
  return ['tune', ...parts, ...overrideParts(document), `--seed ${document.seed}`].join(' ')
}

/** The command line that repeats a `tune ci`, but for its build command, which is not in the document; `null` for other comparisons. */
export function reproduceGate({
  command,
  base,
  head,
  budgets,
  subjects: [subject],
  run,
}: ComparisonDocument): string | null {
  if (command !== 'ci' || run === undefined || subject === undefined) return null
  const { request, machine, windowSeconds, seed } = run
  const limits = budgets.map(({ expression, level }) =>
    level === 'warn' && !/^\s*warn\s*:/i.test(expression) ? `warn: ${expression}` : expression,
  )
  return [
    'tune ci',
    quote(head.app ?? ''),
    `--baseline-ref ${quote(base.revision?.slice(0, 12) ?? base.name)}`,
    configurationFlags(subject.configuration),
    ...requestParts(request),
    `--connections ${subject.connections.head}`,
    `--duration ${windowSeconds}s`,
    ...limits.map((text) => `--budget ${quote(text)}`),
    ...overrideParts({ machine }),
    `--seed ${seed}`,
  ].join(' ')
}

/** What was told instead of detected names its flag as its source. */
function overrideParts({
  machine,
  generatorCpus,
}: Pick<ResultDocument, 'machine' | 'generatorCpus'>): string[] {
  return [
    ...(generatorCpus === undefined ? [] : [`--generator-cpus ${generatorCpus}`]),
    ...(machine.effectiveCpusSource === '--cpus' ? [`--cpus ${machine.effectiveCpus}`] : []),
    ...(machine.memoryLimitSource === '--memory' ? [`--memory ${sizeText(machine.memoryLimitBytes)}`] : []),
  ]
}

function analyzeParts({ app, request, plan, whatIf, machine }: AnalyzeDocument): string[] {
  return [
    'analyze',
    ...subjectParts(app),
    ...requestParts(request),
    `--budget ${plan.budgetSeconds}s`,
    ...questionParts(plan.question),
    ...(whatIf === undefined ? [] : otherMachineParts(whatIf, machine)),
  ]
}

/** What is as here need not be said, unless all of it is. */
function otherMachineParts(
  { effectiveCpus, memoryBytes }: WhatIf,
  machine: AnalyzeDocument['machine'],
): string[] {
  const isAsLarge = memoryBytes === machine.memoryLimitBytes
  const cpus = effectiveCpus === machine.effectiveCpus && !isAsLarge ? [] : [`--for-cpus ${effectiveCpus}`]
  return [...cpus, ...(isAsLarge ? [] : [`--for-memory ${sizeText(memoryBytes)}`])]
}

const UNITS = [
  ['g', 2 ** 30],
  ['m', 2 ** 20],
] as const

/** As a person would write it, and exactly: `16g`, `512m`, `1000000000b`. */
function sizeText(bytes: number): string {
  const [unit, one] = UNITS.find(([, size]) => bytes > 0 && bytes % size === 0) ?? ['b', 1]
  return `${bytes / one}${unit}`
}

function questionParts(question: AnalyzeDocument['plan']['question']): string[] {
  if (question === undefined) return []
  const { optimize, slo, targetRps, maxMemoryBytes, current, candidates } = question
  return [
    ...(optimize === 'throughput' ? [] : [`--optimize ${optimize}`]),
    ...(slo === null ? [] : [`--slo ${quote(objectiveText(slo))}`]),
    ...(targetRps === null ? [] : [`--target-rate ${targetRps}`]),
    ...(maxMemoryBytes === null ? [] : [`--max-memory ${sizeText(maxMemoryBytes)}`]),
    ...(current === null ? [] : [`--current ${configurationText(current.configuration)}`]),
    ...candidates.map((one) => `--candidate ${configurationText(one)}`),
  ]
}

function benchParts({ app, request, plan }: BenchDocument): string[] {
  const { classes, workers, threads, connections } = plan.axes
  return [
    'bench',
    ...(app === null ? [] : benchSubject(app, plan.servers)),
    // Without numbers of workers only the rule was measured, and --matrix would put its own in their place.
    ...(workers.length === 0 ? [] : ['--matrix']),
    ...(app === null
      ? list(
          '--workloads',
          plan.workloads.map(({ name }) => quote(name)),
        )
      : requestParts(request)),
    ...list('--classes', classes),
    ...list('--workers', workers),
    ...list('--threads', workers.length === 0 ? [] : threads),
    ...list('--connections', connections),
    `--duration ${plan.windowSeconds}s`,
    `--blocks ${plan.blocks}`,
    ...(plan.repeats === undefined ? [] : [`--repeat ${plan.repeats}`]),
  ]
}

function benchSubject(app: AnalyzeDocument['app'], servers: readonly string[] = []): string[] {
  return servers.length > 1 ? [`--compare ${servers.join(',')}`, quote(app.spec)] : subjectParts(app)
}

/** A command may say all by itself; any other server is named beside the app. */
function subjectParts({ spec, server = 'bundled', template }: AnalyzeDocument['app']): string[] {
  if (server === 'command') {
    return [
      `--server ${quote(`command: ${template ?? spec}`)}`,
      ...(template === undefined ? [] : [quote(spec)]),
    ]
  }
  return [...(server === 'bundled' ? [] : [`--server ${server}`]), quote(spec)]
}

function requestParts({ method, path, headers, body, mix }: RequestSpec): string[] {
  // The requests themselves are in the result; a command line names the file that held them.
  if (mix !== undefined) return [`${mix.name.endsWith('.har') ? '--har' : '--scenario'} ${quote(mix.name)}`]
  return [
    ...(method === 'GET' ? [] : [`--method ${quote(method)}`]),
    ...(path === '/' ? [] : [`--path ${quote(path)}`]),
    ...Object.entries(headers).map(
      ([name, value]) => `--header ${quote(`${name}: ${headerValue(name, value)}`)}`,
    ),
    ...(body === null ? [] : [`--body ${quote(body)}`]),
  ]
}

function headerValue(name: string, value: string): string {
  return SECRET_HEADER.test(name) ? REDACTED : value
}

function list(flag: string, values: readonly (string | number)[]): string[] {
  return values.length === 0 ? [] : [`${flag} ${values.join(',')}`]
}

function quote(argument: string): string {
  return shellQuote(plain(argument))
}
