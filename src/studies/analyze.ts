import { proposeCandidates, type Proposals } from '../advisor/candidates.js'
import { candidateLimit } from '../advisor/load-plan.js'
import { fitTogether, memoryBudget, memoryModel } from '../advisor/memory.js'
import { recommend } from '../advisor/recommend.js'
import { applyRules } from '../advisor/rules.js'
import { withholdAdvice } from '../advisor/withhold.js'
import { assessNoise, DEFAULT_MARGIN } from '../experiment/noise.js'
import { twinLabel } from '../experiment/plan.js'
import { pairedLogRatios } from '../experiment/samples.js'
import { comparisonsOf, summarize } from '../experiment/summary.js'
import { configurationFlags } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import type { RequestSpec } from '../result/request.js'
import { judgeRun } from '../result/usable.js'
import { raceProposals, type AnalyzedRace } from './analyze-race.js'
import { probe, probeConfiguration, type Probe } from './probe.js'
import { newRun, type Run } from './run.js'
import type { ServerUnderStudy } from './servers.js'
import { documentHead } from './document-head.js'
import type { MakeTarget, StudyTools } from './tools.js'

export interface AnalyzeSettings {
  /** Name of the result, and of its folder. */
  name: string
  app: string
  request: RequestSpec
  budgetSeconds: number
  seed: number
  /** What is varied when it is not the bundled server. */
  server?: Omit<ServerUnderStudy, 'makeTarget'>
}

/** Backlog that the server asks the kernel for. */
const BACKLOG = 2048
/** Window, ramp and the last answers of a usual trial. */
const TRIAL_SECONDS = 1.4
/** Below this many blocks an interrupted race supports no recommendation. */
const BLOCKS_FOR_ADVICE = 3

/**
 * The main job: what the app is, which configurations are worth trying, which of them is best here.
 * An abort gives the document of what is known by then, `interrupted`; any failure throws, and everything started is gone.
 */
export async function analyze(
  settings: AnalyzeSettings,
  makeTarget: MakeTarget,
  tools: StudyTools,
  signal: AbortSignal,
): Promise<AnalyzeDocument> {
  const startedMs = tools.clock.monotonicMs()
  const run = newRun(tools, signal)
  const document = emptyDocument(settings, tools)
  try {
    const probed = await probeApp(settings, makeTarget, run, document)
    const field = proposeField(probed, settings, startedMs, tools, document)
    const deadlineMs = startedMs + settings.budgetSeconds * 1000
    const raced = await raceProposals(
      field,
      probed.workload,
      { ...settings, margin: DEFAULT_MARGIN, together: heldTogether(field, tools, document), deadlineMs },
      makeTarget,
      run,
    )
    await refineMemory(probed, field, run, document)
    conclude(raced, field, settings, tools, document)
  } catch (error) {
    if (!signal.aborted) throw error
    document.status = 'interrupted'
  } finally {
    await run.fleet.stop()
  }
  document.trials = run.log.trials
  document.durationSeconds = (tools.clock.monotonicMs() - startedMs) / 1000
  return document
}

async function probeApp(
  { request, server }: AnalyzeSettings,
  makeTarget: MakeTarget,
  run: Run,
  document: AnalyzeDocument,
): Promise<Probe> {
  const { tools, fleet, signal } = run
  tools.progress.phase('probe')
  const configuration = probeConfiguration(server?.supports)
  await fleet.start([makeTarget(configuration, 'probe')], signal, () => undefined)
  const running = fleet.get('probe')
  document.app = { ...document.app, ...running.app }
  const probed = await probe(running, configuration, request, run)
  await fleet.stop()
  document.workload = probed.workload
  document.memory = memoryModel(probed.memory, null, memoryBudget(tools.machine))
  return probed
}

/** Candidates by formula, as many as the time carries. */
function proposeField(
  { workload, memory: reading }: Probe,
  { budgetSeconds, server }: AnalyzeSettings,
  startedMs: number,
  { machine, clock }: StudyTools,
  document: AnalyzeDocument,
): Proposals {
  const budgetBytes = memoryBudget(machine)
  const memory = memoryModel(reading, null, budgetBytes)
  const leftSeconds = budgetSeconds - (clock.monotonicMs() - startedMs) / 1000
  document.memory = memory
  return proposeCandidates({
    workload,
    effectiveCpus: machine.effectiveCpus,
    memory,
    memoryBudgetBytes: budgetBytes,
    current: null,
    limit: candidateLimit(leftSeconds, TRIAL_SECONDS),
    ...(server === undefined ? {} : { supports: server.supports }),
  })
}

/** Trials of servers that all stay up alternate at once; where memory forbids it, the report says so. */
function heldTogether({ proposals }: Proposals, { machine }: StudyTools, document: AnalyzeDocument): boolean {
  const configurations = proposals.map(({ configuration }) => configuration)
  const together =
    document.memory !== null && fitTogether(configurations, document.memory, memoryBudget(machine))
  if (!together) {
    document.warnings.push(
      'Memory does not hold all candidates at the same time, so each was booted anew for every trial: trials are farther apart, and differences show less surely',
    )
  }
  return together
}

/** The cost of a thread is known once a threaded candidate is up. */
async function refineMemory(
  { memory: single }: Probe,
  { proposals }: Proposals,
  { fleet, tools }: Run,
  document: AnalyzeDocument,
): Promise<void> {
  const threaded = proposals.find(({ configuration }) => configuration.threads > 1)
  // Candidates that were booted for each trial are gone by now.
  if (!threaded || !fleet.has(threaded.key)) return
  const { workers, threads } = threaded.configuration
  const { memory } = await fleet.get(threaded.key).counters()
  document.memory = memoryModel(single, { workers, threads, ...memory }, memoryBudget(tools.machine))
}

function conclude(
  raced: AnalyzedRace,
  { proposals, excluded, heuristicKey, currentKey }: Proposals,
  { app, server }: AnalyzeSettings,
  { machine }: StudyTools,
  document: AnalyzeDocument,
): void {
  const { workload, memory } = document
  const { trials, load, blocks } = raced
  document.plan.blocks = blocks
  document.plan.windowSeconds = load.windowSeconds
  document.plan.connections = load.connections
  if (raced.stoppedBy === 'interrupted') document.status = 'interrupted'
  if (
    workload === null ||
    memory === null ||
    (document.status === 'interrupted' && blocks < BLOCKS_FOR_ADVICE)
  )
    return

  const of = (label: string) => trials.get(label) ?? []
  const aa = pairedLogRatios(of(twinLabel(heuristicKey)), of(heuristicKey))
  const noise = assessNoise(aa)
  const raceOnly = new Map(proposals.map(({ key }) => [key, of(key)]))
  const answer = recommend({
    measured: proposals.map((proposal) => ({
      ...proposal,
      connections: load.connections,
      ...summarize(of(proposal.key)),
    })),
    excluded,
    heuristicKey,
    currentKey,
    compareWith: comparisonsOf(raceOnly, noise.margin),
    noise,
    workload,
    effectiveCpus: machine.effectiveCpus,
    startCommand:
      server?.startCommand ?? ((configuration) => `tune serve ${app} ${configurationFlags(configuration)}`),
  })
  const unusable = judgeRun([...trials.values()].flat())
  const { recommendation, heuristic, candidates } =
    unusable === null ? answer : withholdAdvice(answer, unusable)
  const chosen = candidates.find(({ outcome }) => outcome === 'recommended')?.key ?? heuristicKey
  const decisive = chosen === heuristicKey ? aa : pairedLogRatios(of(chosen), of(heuristicKey))
  document.noise = assessNoise(aa, decisive)
  document.candidates = candidates
  document.recommendation = recommendation
  document.heuristic = heuristic
  const advised = server?.advice(machine) ?? null
  const rules = applyRules({
    workload,
    machine,
    memory,
    recommended: recommendation.configuration,
    decided: recommendation.action !== 'inconclusive',
    backlog: BACKLOG,
  })
  document.findings = advised === null ? rules : [advised, ...rules]
}

function emptyDocument(settings: AnalyzeSettings, tools: StudyTools): AnalyzeDocument {
  const { app, budgetSeconds, server } = settings
  return {
    ...documentHead(settings, tools),
    command: 'analyze',
    app: {
      ...{ spec: app, kind: null, loader: null },
      ...(server === undefined || server.name === 'bundled' ? {} : { server: server.name }),
    },
    plan: { budgetSeconds, blocks: 0, windowSeconds: null, connections: null },
    workload: null,
    memory: null,
    candidates: [],
    noise: null,
    findings: [],
    recommendation: null,
    heuristic: null,
    trials: [],
  }
}
