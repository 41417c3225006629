import { isLeaking } from '../advisor/leak.js'
import { modelOf, type MemoryReadings } from '../advisor/memory-readings.js'
import { MOST_BLOCKS_TO_SELECT } from '../advisor/load-plan.js'
import { PROBE_LABEL } from '../advisor/probe-label.js'
import type { ServedSettings } from '../advisor/rules/server-traits.js'
import type { RaceProgress } from '../experiment/race.js'
import { MIN_BLOCKS_FOR_EXACT_TEST } from '../experiment/statistics.js'
import type { TargetCounters } from '../result/counters.js'
import type { AnalyzeDocument } from '../result/document.js'
import { PLAIN_QUESTION, type Question } from '../result/question.js'
import type { RequestSpec } from '../result/request.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import { assertObjective } from './assert-objective.js'
import { answer, explain, holdAgainst, withConstraints } from './analyze-answer.js'
import { confirmFinalists } from './analyze-confirm.js'
import {
  currentLeftOut,
  memoryBudgetFor,
  planRun,
  threadsLoadApp,
  type AnalyzePlan,
  type Probed,
} from './analyze-plan.js'
import { raceProposals } from './analyze-race.js'
import { sweepConnections } from './analyze-sweep.js'
import { timedCpus, weigh, type Weighed } from './analyze-weigh.js'
import { inheritedPoolWarnings } from './inherited-pool.js'
import type { MachineOverrides } from './read-machine.js'
import { raceWarnings } from './race-warnings.js'
import { documentHead } from './document-head.js'
import { probe, probeConfiguration } from './probe.js'
import { newRun, type Run } from './run.js'
import type { ServerUnderStudy } from './servers.js'
import type { MakeTarget, StudyTools } from './tools.js'

export interface AnalyzeSettings {
  /** Name of the result, and of its folder. */
  name: string
  app: string
  /** Of a command that was given beside the app: itself, with its placeholders. */
  template?: string
  request: RequestSpec
  budgetSeconds: number
  seed: number
  /** What is varied when it is not the bundled server. */
  server?: Omit<ServerUnderStudy, 'makeTarget'>
  /** What the bundled server would run with beside the configuration; absent: its defaults. */
  served?: ServedSettings
  /** What is to be best, what must be kept, what runs today; absent: the highest throughput at the lowest cost. */
  question?: Question
  /** Another machine to say something about, by the model. */
  forMachine?: MachineOverrides
}

/** Of the budget: more is worth a word. */
const OVERRUN_SAID_FROM = 1.2
/** Of a candidate in a race that selects. */
const FEWEST_BELIEVED = 2

/**
 * The main job: what the app is, which configurations are worth trying, which of them is best here, and is it really.
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
    const plan = planRun(probed, settings, startedMs + settings.budgetSeconds * 1000, tools)
    notePlan(plan, document)
    const raced = await raceAll(plan, makeTarget, run, document)
    const readings = await readServers(probed, plan, run)
    setMemory(readings, plan, settings, run, document)
    // An interrupted race without an interval supports no recommendation.
    if (!signal.aborted || raced.blocks >= BLOCKS_FOR_INTERVAL) {
      const confirmed = await confirmFinalists(plan, raced, makeTarget, run)
      document.confirmation = confirmed.report
      // Whether memory grows with the requests takes more trials than a race has.
      setMemory(readings, plan, settings, run, document)
      document.plan.blocks = raced.blocks + confirmed.report.blocks
      const { configuration } = answer(plan, raced, confirmed, settings, run, document)
      document.connections = await sweepConnections(plan, configuration, makeTarget, run)
      // The trials of the sweep tell of a leak as well.
      setMemory(readings, plan, settings, run, document)
      holdAgainst(plan, settings, run, document)
      explain(plan, settings, run, document)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await run.fleet.stop()
  }
  if (signal.aborted) document.status = 'interrupted'
  document.trials = run.log.trials
  document.durationSeconds = (tools.clock.monotonicMs() - startedMs) / 1000
  document.warnings.push(...overrun(document.durationSeconds, settings.budgetSeconds))
  return document
}

function overrun(tookSeconds: number, budgetSeconds: number): string[] {
  return tookSeconds <= OVERRUN_SAID_FROM * budgetSeconds
    ? []
    : [
        `It took ${Math.round(tookSeconds)} s, more than the budget of ${budgetSeconds} s: a first block of trials is run whatever it takes`,
      ]
}

async function probeApp(
  { request, server, budgetSeconds, question = PLAIN_QUESTION }: AnalyzeSettings,
  makeTarget: MakeTarget,
  run: Run,
  document: AnalyzeDocument,
): Promise<Probed> {
  const { tools, fleet, signal } = run
  tools.progress.phase('probe')
  const configuration = probeConfiguration(server?.supports)
  const startedMs = tools.clock.monotonicMs()
  await fleet.start([makeTarget(configuration, PROBE_LABEL)], signal, () => undefined)
  const bootSeconds = (tools.clock.monotonicMs() - startedMs) / 1000
  const running = fleet.get(PROBE_LABEL)
  document.app = { ...document.app, ...running.app }
  if (server?.name !== 'gunicorn') document.warnings.push(...inheritedPoolWarnings())
  const probed = await probe(running, configuration, request, budgetSeconds, run)
  await fleet.stop()
  assertObjective(question, probed.workload, run.log.trials)
  const budgetBytes = memoryBudgetFor(tools.machine, question)
  document.memory = modelOf(probed.memory, null, budgetBytes, threadsLoadApp(server))
  document.workload = withConstraints(probed.workload, document.memory, { server, question }, run, null)
  return { ...probed, workload: document.workload, bootSeconds }
}

const APART = {
  memory: 'Memory does not hold all candidates at the same time',
  background:
    'Workers of this app use CPU while nobody asks them anything, which candidates that wait for their turn would take from the others',
}

function notePlan(plan: AnalyzePlan, document: AnalyzeDocument): void {
  const { load, apart, budgetToSettleSeconds } = plan
  document.plan.windowSeconds = load.windowSeconds
  document.plan.connections = load.connections
  document.warnings.push(...currentLeftOut(plan))
  if (budgetToSettleSeconds !== null) {
    document.warnings.push(
      'This app collects garbage for much of its time, and its heaps take tens of seconds of load to settle: the race had no time for that, so a ' +
        `candidate that it left out may be better than it looked. --budget ${budgetToSettleSeconds}s has it`,
    )
  }
  if (apart !== null) {
    document.plan.apart = apart
    document.warnings.push(
      `${APART[apart]}, so each was booted anew for every trial: trials are farther apart, and differences show less surely`,
    )
  }
}

async function raceAll(
  plan: AnalyzePlan,
  makeTarget: MakeTarget,
  run: Run,
  document: AnalyzeDocument,
): Promise<Weighed> {
  const { proposals } = plan.field
  const { time, withTwin } = plan
  // What a longer race would tell, the confirmation tells better: of fresh servers, in blocks that nobody has selected by.
  const stops =
    time.confirmationSeconds === 0
      ? { minBlocks: MIN_BLOCKS_FOR_EXACT_TEST }
      : { minBlocks: BLOCKS_FOR_INTERVAL, maxBlocks: MOST_BLOCKS_TO_SELECT, isDecided: isMeasured }
  const outcome = await raceProposals(
    plan,
    { phase: 'race', proposals, firstBlock: 0, withTwin, ...stops },
    makeTarget,
    run,
  )
  document.plan.blocks = outcome.blocks
  document.warnings.push(...raceWarnings(outcome, plan, run))
  return weigh(plan, proposals, outcome, timedCpus(run))
}

/** Everybody who is still in the race has trials to be judged by. */
function isMeasured({ trials, dropped }: RaceProgress): boolean {
  const left = new Set(dropped.map(({ label }) => label))
  return [...trials].every(
    ([label, own]) => left.has(label) || own.filter(({ validity }) => validity.ok).length >= FEWEST_BELIEVED,
  )
}

/** The cost of a thread is known once a threaded candidate is up, and that of an arbiter once it has collected what starting left behind. */
async function readServers(
  { memory: probed }: Probed,
  { field: { proposals, heuristicKey } }: AnalyzePlan,
  { fleet }: Run,
): Promise<MemoryReadings> {
  // Candidates that were booted for each trial are gone by now.
  if (!fleet.has(heuristicKey)) return probed
  // A server that an abort has ended tells nothing, and costs no answer.
  const memoryOf = (key: string): Promise<TargetCounters['memory'] | null> =>
    fleet
      .get(key)
      .counters()
      .then(({ memory }) => memory)
      .catch(() => null)
  const settled = await memoryOf(heuristicKey)
  const threaded = proposals.find(({ key, configuration }) => configuration.threads > 1 && fleet.has(key))
  const memory = threaded === undefined ? null : await memoryOf(threaded.key)
  return {
    ...probed,
    ...(settled === null ? {} : { settled }),
    ...(threaded === undefined || memory === null
      ? {}
      : { threaded: { ...threaded.configuration, ...memory } }),
  }
}

function setMemory(
  readings: MemoryReadings,
  { apart }: AnalyzePlan,
  { server, question = PLAIN_QUESTION }: AnalyzeSettings,
  { log, tools }: Run,
  document: AnalyzeDocument,
): void {
  const budgetBytes = memoryBudgetFor(tools.machine, question)
  // Servers that are started anew show no growth, which does not make what the probe left behind a worker's size.
  const together = apart === null
  const isGrowing = isLeaking(log.trials, together)
  const leaks = together || isGrowing === true ? isGrowing : null
  document.memory = modelOf(readings, leaks, budgetBytes, threadsLoadApp(server))
}

function emptyDocument(settings: AnalyzeSettings, tools: StudyTools): AnalyzeDocument {
  const { app, template, budgetSeconds, server, question = PLAIN_QUESTION } = settings
  return {
    ...documentHead(settings, tools),
    command: 'analyze',
    app: {
      ...{ spec: app, kind: null, loader: null },
      ...(server === undefined || server.name === 'bundled' ? {} : { server: server.name }),
      ...(template === undefined ? {} : { template }),
    },
    plan: { budgetSeconds, blocks: 0, windowSeconds: null, connections: null, question },
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
