import { getHeapStatistics } from 'node:v8'
import type { Measured } from '../advisor/decide.js'
import { byClosedLoad, type Policy } from '../advisor/policy.js'
import { isUnfilled } from '../advisor/reach.js'
import { recommend, type Advice } from '../advisor/recommend.js'
import { certaintyOf } from '../advisor/certainty.js'
import { constraintsOf } from '../advisor/constraints.js'
import { cpuUseOf } from '../advisor/cpu-use.js'
import { coresLeft, predictionsOf, scalabilityOf } from '../advisor/model-check.js'
import { isAskedBudget, memoryBudgetText } from '../advisor/memory.js'
import { observe } from '../advisor/observed.js'
import { applyRules, type RuleContext } from '../advisor/rules/index.js'
import { connectionsReasons } from '../advisor/rules/loop-room.js'
import { traitsOf } from '../advisor/rules/server-traits.js'
import { sharedLimitOf } from '../advisor/shared-limit.js'
import { withholdAdvice } from '../advisor/withhold.js'
import { whatIf } from '../advisor/what-if.js'
import { counted, inWords, mebibytes, number } from '../advisor/wording.js'
import { SERVE_DEFAULTS } from '../config/serve-defaults.js'
import { serverNames } from '../config/server-names.js'
import { assessNoise } from '../experiment/noise.js'
import { createRandom } from '../experiment/random.js'
import { measuredLogRatio, pairedLogRatios } from '../experiment/samples.js'
import { comparisonsOf } from '../experiment/summary.js'
import type { Candidate, MemoryModel, Recommendation, Workload } from '../result/analysis.js'
import { sameConfiguration, serveCommand } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { serverBytes } from '../result/memory.js'
import type { Question } from '../result/question.js'
import { recycleFlags } from '../result/recycle.js'
import { judgeRun } from '../result/usable.js'
import type { AnalyzeSettings } from './analyze.js'
import type { Confirmed } from './analyze-confirm.js'
import { advisedMachine, memoryBudgetFor, type AnalyzePlan } from './analyze-plan.js'
import { withinMemory, type Weighed } from './analyze-weigh.js'
import { withInheritedPool } from './inherited-pool.js'
import type { Run } from './run.js'

/** The decision, from the confirmation where there is one, and else from the race. Written into the document. */
export function answer(
  plan: AnalyzePlan,
  raced: Weighed,
  { weighed, rates }: Confirmed,
  { app, server }: Pick<AnalyzeSettings, 'app' | 'server'>,
  { tools, log }: Run,
  document: AnalyzeDocument,
): Advice['recommendation'] {
  const { field, workload, policy, question } = plan
  const { excluded, heuristicKey, currentKey } = field
  const last = weighed ?? raced
  // Whether an app leaks takes more trials than a race has.
  const known = (measured: readonly Measured[]): Measured[] => withinMemory(plan, log.trials, measured)
  const given = recommend({
    measured: known(raced.measured),
    // Of those that were not confirmed, by the margin that the confirmation has shown this machine to need.
    compareWith: comparisonsOf(raced.scored, last.noise.margin),
    confirmed: rates ?? (weighed === null ? null : { ...weighed, measured: known(weighed.measured) }),
    unsearched: question.slo !== null && rates === null,
    noise: last.noise,
    ...{ excluded, heuristicKey, currentKey, workload },
    policy: rates === null ? asCompared(byClosedLoad(policy, question), last) : policy,
    effectiveCpus: tools.machine.effectiveCpus,
    startCommand: server?.startCommand ?? ((configuration) => serveCommand(app, configuration)),
  })
  const unusable = judgeRun(log.trials)
  const { recommendation, heuristic, candidates } =
    unusable === null
      ? given
      : withholdAdvice(given, unusable, observe(log.trials, tools.machine.effectiveCpus).failing)
  const chosen = candidates.find(({ outcome }) => outcome === 'recommended')?.key ?? heuristicKey
  const decisive =
    chosen === heuristicKey
      ? last.aaLogRatios
      : pairedLogRatios(
          last.scored.get(chosen) ?? [],
          last.scored.get(heuristicKey) ?? [],
          ...(heuristic.effect?.asMeasured === true ? [measuredLogRatio] : []),
        )
  // Of an open load nothing was timed.
  const speed = rates === null ? last.noise.speed : undefined
  document.noise = { ...assessNoise(last.aaLogRatios, decisive), ...(speed === undefined ? {} : { speed }) }
  document.candidates = candidates
  document.recommendation = recommendation
  document.heuristic = heuristic
  document.warnings.push(
    ...memoryExceeded(recommendation, raced.measured, question),
    ...(last.byMeans
      ? [
          'Some trials had too few answers for a p95, so candidates are compared by their mean latency: a longer --budget, or a faster request, gives them more',
        ]
      : []),
    ...(rates === null ? tooFewClients(recommendation, last) : []),
  )
  return recommendation
}

function asCompared(policy: Policy, { byMeans }: Weighed): Policy {
  return byMeans ? { ...policy, measure: 'speed in the mean under moderate load' } : policy
}

/** Its throughput is that of the clients, and the figure is no limit of the server. */
function tooFewClients(
  { configuration, connections, expected }: Recommendation,
  { measured }: Weighed,
): string[] {
  const rps = expected.throughputRps?.value ?? 0
  const chosen = measured.find((one) => sameConfiguration(one.configuration, configuration))
  if (chosen?.reach === undefined || rps === 0 || !isUnfilled(chosen, rps)) return []
  return [
    `${counted(connections, 'client')}, as many as load generator, open files and event loops allow here, did not fill ${inWords(configuration)}: its throughput is what they sent, and the model gives it up to ${number(chosen.reach.fullRps)} requests per second with more of them`,
  ]
}

/** Candidates are capped by the model; what the answer took is measured. */
function memoryExceeded(
  { expected }: Recommendation,
  measured: readonly Measured[],
  { maxMemoryBytes }: Question,
): string[] {
  const bytes = serverBytes(expected)
  if (bytes === null || maxMemoryBytes === null || bytes <= maxMemoryBytes) return []
  const fits = measured.some((one) => (serverBytes(one) ?? Infinity) <= maxMemoryBytes)
  return [
    `The answer took ${mebibytes(bytes)} by itself, more than the ${mebibytes(maxMemoryBytes)} of --max-memory${fits ? '' : ': nothing that fits was measured'}`,
  ]
}

/** The model beside the measurements, and the same app on another machine where that is asked. */
export function holdAgainst(
  { workload, memory: probed, question, seed, policy }: AnalyzePlan,
  { forMachine, server }: Pick<AnalyzeSettings, 'forMachine' | 'server'>,
  { tools: { machine }, log }: Run,
  document: AnalyzeDocument,
): void {
  const { candidates, connections, recommendation } = document
  const { effectiveCpus, memoryLimitBytes, openFilesLimit } = machine
  const memory = document.memory ?? probed
  const host = machine.facts.find(({ id }) => id === 'cpu.logical')?.value
  const left = coresLeft(log.trials, effectiveCpus, typeof host === 'number' ? host : effectiveCpus)
  const leak = observe(log.trials, effectiveCpus).leak?.bytesPerRequest ?? null
  document.model = {
    predictions: predictionsOf(candidates, connections, workload, memory, effectiveCpus, left, leak !== null),
    ...scalabilityOf(log.trials, createRandom(seed)),
    leakBytesPerRequest: leak,
    certainty: certaintyOf(workload, memory, log.trials, connections),
  }
  if (forMachine === undefined) return
  const anchor = recommendation === null ? null : anchorOf(recommendation, question, document)
  document.whatIf = whatIf({
    ...{ workload, memory, openFilesLimit, measuredCpus: effectiveCpus },
    effectiveCpus: forMachine.cpus ?? effectiveCpus,
    memoryBytes: forMachine.memoryBytes ?? memoryLimitBytes,
    mostBytes: question.maxMemoryBytes,
    ...(server === undefined ? {} : { supports: server.supports }),
    policy: byClosedLoad(policy, question),
    shared: sharedLimitOf({ workload, candidates, effectiveCpus }),
    anchor,
    others: anchor?.keeps !== null ? [] : candidates.flatMap(carriedBy),
  })
}

function carriedBy({ configuration, connections, throughputRps, outcome }: Candidate) {
  if (throughputRps === null || outcome === 'invalid') return []
  return [{ configuration, connections, throughputRps: throughputRps.value }]
}

/** What corrects the model: the throughput of the answer, or the rate that it keeps. `null` where it keeps none. */
function anchorOf(
  { configuration, connections, expected }: Recommendation,
  { slo, targetRps }: Question,
  { candidates }: AnalyzeDocument,
): Parameters<typeof whatIf>[0]['anchor'] {
  const isRate = expected.openLoad === true
  // Of a target only the target was tried, which is no capacity: the race knows more.
  const isTarget = isRate && targetRps !== null
  const raced = candidates.find((one) => sameConfiguration(one.configuration, configuration))
  const throughputRps = (isTarget ? raced : expected)?.throughputRps?.value ?? 0
  if (throughputRps === 0) return null
  return { configuration, connections, throughputRps, keeps: isRate ? slo : null, isTarget }
}

/** Findings need the answer, and what the connections showed of it; so does the reason that is about connections. */
export function explain(
  { workload, memory, question, background }: AnalyzePlan,
  { server, served = serverNames(SERVE_DEFAULTS) }: Pick<AnalyzeSettings, 'server' | 'served'>,
  run: Run,
  document: AnalyzeDocument,
): void {
  const { recommendation, candidates } = document
  if (recommendation === null) return
  const constrained = withConstraints(
    workload,
    document.memory ?? memory,
    { server, question },
    run,
    recommendation,
  )
  document.workload = constrained
  const machine = advisedMachine(run.tools.machine, question)
  const advised = server?.advice(machine) ?? null
  const { configuration, connections, action } = recommendation
  const openLoad = recommendation.expected.openLoad === true
  const { effectiveCpus } = machine
  const traits = traitsOf(server?.name ?? 'bundled', served)
  const context: RuleContext = {
    ...{ workload: constrained, machine, action, candidates, background },
    memory: document.memory ?? memory,
    memoryBudget: budgetOf(run, question),
    server: traits,
    recommended: withInheritedPool(configuration),
    cpuUse: cpuUseOf(run.log.trials, configuration, connections, effectiveCpus),
    expectedRps: recommendation.expected.throughputRps?.value ?? null,
    kneeSeen: document.connections?.kneeMeasured ?? document.connections?.kneeBeyond ?? null,
    targetRps: question.targetRps,
    openLoad,
    measure: document.heuristic?.measure ?? 'throughput',
    observed: observe(run.log.trials, effectiveCpus),
    heapLimitBytes: heapLimitOf(server),
  }
  const rules = applyRules(context)
  document.findings = advised === null ? rules : [advised, ...rules]
  // Of an answer that was taken back only the reason for that is told.
  const isWithheld = judgeRun(run.log.trials) !== null
  const reasons = [...recommendation.reasons, ...(isWithheld ? [] : connectionsReasons(context))]
  const recycle = rules.find((finding) => finding.recycle !== undefined)?.recycle
  // What is copied from the report should live as long as what the finding advises.
  const flags = recycle === undefined || !traits.hasClasses ? '' : ` ${recycleFlags(recycle)}`
  document.recommendation = { ...recommendation, reasons, command: `${recommendation.command}${flags}` }
}

/** What limits the app beside its nature, as far as the trials so far tell. */
export function withConstraints(
  workload: Workload,
  memory: MemoryModel,
  { server, question }: { server: AnalyzeSettings['server']; question: Question },
  run: Run,
  recommendation: Recommendation | null,
): Workload {
  const { trials } = run.log
  const throughputRps = recommendation?.expected.throughputRps?.value ?? 0
  const machine = advisedMachine(run.tools.machine, question)
  const constraints = constraintsOf({
    ...{ workload, trials, machine, memory },
    memoryBudget: budgetOf(run, question),
    heapLimitBytes: heapLimitOf(server),
    leak: observe(trials, machine.effectiveCpus).leak,
    answer: recommendation === null ? null : { ...recommendation.configuration, throughputRps },
  })
  return { ...workload, constraints }
}

/** Of the machine as it is: beside it a limit that is asked for may be the larger one. */
function budgetOf({ tools: { machine } }: Run, question: Question): RuleContext['memoryBudget'] {
  return {
    bytes: memoryBudgetFor(machine, question),
    text: memoryBudgetText(machine, question.maxMemoryBytes),
    isAsked: isAskedBudget(machine, question.maxMemoryBytes),
  }
}

/** What V8 takes without being told: the workers run the same Node on the same machine. `null` for other servers. */
function heapLimitOf(server: AnalyzeSettings['server']): number | null {
  return server === undefined || server.name === 'bundled' ? getHeapStatistics().heap_size_limit : null
}
