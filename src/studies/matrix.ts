import { keptUp } from '../experiment/hosting.js'
import { createRandom } from '../experiment/random.js'
import { race, type Contender, type RaceOutcome } from '../experiment/race.js'
import { underLoad } from '../experiment/under-load.js'
import { coldWarnings, THOROUGH, warmUntilSteady } from '../experiment/warm-up.js'
import type { BenchDocument, Cell, Noise } from '../result/document.js'
import { hostKey, targetName } from '../result/host-key.js'
import { rampSecondsFor } from '../result/ramp.js'
import type { RequestSpec } from '../result/request.js'
import type { ServerName } from '../result/server.js'
import type { Trial } from '../result/trial.js'
import { judgeRun, unusableSentence } from '../result/usable.js'
import {
  loneRuleWarnings,
  serverCells,
  type MatrixAxes,
  type MatrixCell,
  type MatrixServer,
} from './matrix-plan.js'
import { assertFitsMemory } from './matrix-memory.js'
import { newRun, type Run } from './run.js'
import { documentHead } from './document-head.js'
import { describeCells, labelOf, noiseOf, twinOf, userMargin } from './matrix-cells.js'
import type { MakeTarget, StudyTools } from './tools.js'

/** What is measured: a bundled workload, or the user's app. */
export interface Subject {
  name: string
  description: string
  request: RequestSpec
  /** What serves it: the bundled server, or several that are compared in the same blocks. */
  servers: (MatrixServer & { makeTarget: MakeTarget })[]
}

/** The bundled server alone, which needs no name in a report. */
export function onlyBundled(makeTarget: MakeTarget): Subject['servers'][number] {
  return { name: null, makeTarget, supports: () => true, runsAlready: false }
}

export interface MatrixSettings {
  name: string
  app: BenchDocument['app']
  axes: MatrixAxes
  windowSeconds: number
  blocks: number
  /** How often the servers are started anew, for so many blocks each. */
  repeats: number
  seed: number
  /** The request as the document records it. */
  request: RequestSpec
}

/** Connecting takes so long, and would look like a server that becomes faster. */
const WARM_UP_RAMP_SECONDS = 0.1
const WARM_UP_SECONDS = 0.3
const TIMEOUT_SECONDS = 30

/**
 * Every cell of the matrix in every block, in random order, for one subject after the other. All servers of a subject stay up
 * meanwhile. An abort gives the document of what is known by then.
 */
export async function matrix(
  settings: MatrixSettings,
  subjects: readonly Subject[],
  tools: StudyTools,
  signal: AbortSignal,
  recorded: readonly Trial[] = [],
): Promise<BenchDocument> {
  const startedMs = tools.clock.monotonicMs()
  const run = newRun(tools, signal, recorded)
  const matrices = subjects.map(({ servers }) =>
    serverCells(servers, settings.axes, tools.machine.effectiveCpus),
  )
  for (const cells of matrices) assertFitsMemory(cells, tools.machine)
  const document = emptyDocument(settings, subjects, tools)
  document.warnings.push(...new Set(matrices.flatMap(loneRuleWarnings)))
  if (recorded.length > 0) {
    document.warnings.push(
      `The run was resumed after trial ${recorded.length - 1}: pairs of the block that was cut are farther apart in time`,
    )
  }
  run.log.expect(
    matrices.reduce((sum, cells) => sum + cells.length + 1, 0) * settings.blocks * settings.repeats,
  )
  for (const [index, subject] of subjects.entries()) {
    tools.progress.phase(subject.name)
    const measured = await measureSubject(subject, matrices[index] ?? [], settings, run)
    document.cells.push(...measured.cells)
    document.warnings.push(...coldWarnings(measured.cold, THOROUGH))
    const described = document.plan.workloads.find(({ name }) => name === subject.name)
    if (described) described.noise = measured.noise
    if (measured.interrupted) {
      document.status = 'interrupted'
      break
    }
  }
  document.trials = run.log.trials
  const unusable = judgeRun(document.trials)
  if (unusable !== null) {
    document.warnings.unshift(unusableSentence(unusable), ...unusable.advice)
    // The figures stay; what they were compared for goes.
    document.cells = document.cells.map((cell) => ({ ...cell, best: false, verdict: null }))
  }
  document.durationSeconds = (tools.clock.monotonicMs() - startedMs) / 1000
  return document
}

interface Measured {
  cells: Cell[]
  noise: Noise | null
  /** Labels of cells that still became faster when their warm-up was cut. */
  cold: string[]
  interrupted: boolean
}

async function measureSubject(
  subject: Subject,
  cells: readonly MatrixCell[],
  settings: MatrixSettings,
  run: Run,
): Promise<Measured> {
  const cold = new Set<string>()
  const trials = new Map<string, Trial[]>()
  let interrupted = false
  for (let start = 0; start < settings.repeats && !interrupted; start++) {
    interrupted = await measureOnce(subject, cells, start, settings, run, { trials, cold })
  }
  const noise = noiseOf(subject, cells, trials)
  return {
    cells: trials.size === 0 ? [] : describeCells(subject, cells, trials, noise?.margin ?? userMargin()),
    ...{ noise, cold: [...cold], interrupted },
  }
}

/** One start of the servers and its blocks; their trials are added to `known`. True when the signal ended it. */
async function measureOnce(
  subject: Subject,
  cells: readonly MatrixCell[],
  start: number,
  settings: MatrixSettings,
  run: Run,
  known: { trials: Map<string, Trial[]>; cold: Set<string> },
): Promise<boolean> {
  const { fleet, signal } = run
  try {
    const contenders: Contender[] = []
    // One more for the A/A twin. A subject that was finished before needs no servers.
    if (run.log.recordedLeft >= (cells.length + 1) * settings.blocks) {
      contenders.push(...cells.map((cell) => finishedContender(cell, subject)))
    } else {
      await startServers(subject, cells, run)
      for (const cell of cells) contenders.push(await warmContender(cell, subject, run, known.cold))
    }
    const { trials, stoppedBy } = await raceCells(contenders, cells, start, subject, settings, run)
    for (const [label, own] of trials) known.trials.set(label, [...(known.trials.get(label) ?? []), ...own])
    return stoppedBy === 'interrupted'
  } catch (error) {
    if (!signal.aborted) throw error
    return true
  } finally {
    await fleet.stop()
  }
}

async function startServers(subject: Subject, cells: readonly MatrixCell[], run: Run): Promise<void> {
  const hosts = new Map(cells.map((cell) => [hostKey(cell), cell]))
  const targets = [...hosts.values()].flatMap(({ server, configuration }) =>
    subject.servers
      .filter(({ name }) => name === server)
      .map(({ makeTarget }) =>
        makeTarget(configuration, targetName(subject.name, { server, configuration })),
      ),
  )
  await run.fleet.start(targets, run.signal, ({ label }) => run.tools.progress.note(`${label} is up`))
}

/** Warms the server and learns from it how long the ramp of this cell must be. */
async function warmContender(
  cell: MatrixCell,
  subject: Subject,
  { fleet, tools, signal }: Run,
  cold: Set<string>,
): Promise<Contender> {
  const { connections } = cell
  const running = fleet.get(targetName(subject.name, cell))
  const window = {
    rampSeconds: WARM_UP_RAMP_SECONDS,
    windowSeconds: WARM_UP_SECONDS,
    timeoutSeconds: TIMEOUT_SECONDS,
  }
  const load = { request: subject.request, connections, ...window }
  const { queueSeconds, steady } = await warmUntilSteady(
    () => underLoad(running, load, tools.generator, signal),
    THOROUGH,
  )
  if (!steady) cold.add(labelOf(cell, subject))
  return {
    ...finishedContender(cell, subject),
    use: keptUp(running),
    rampSeconds: rampSecondsFor(queueSeconds),
  }
}

/** A cell of which all trials were made by an earlier process. */
function finishedContender(cell: MatrixCell, subject: Subject): Contender {
  const { name } = subject
  const { configuration, connections } = cell
  return {
    label: labelOf(cell, subject),
    target: targetName(name, cell),
    workload: name,
    configuration,
    use: () => Promise.reject(new Error(`${name} has no servers: its trials are finished`)),
    connections,
    rampSeconds: 0,
    control: true,
  }
}

function raceCells(
  contenders: readonly Contender[],
  cells: readonly MatrixCell[],
  start: number,
  subject: Subject,
  { windowSeconds, blocks, repeats, seed }: MatrixSettings,
  { tools, log, signal }: Run,
): Promise<RaceOutcome> {
  const plan = {
    phase: 'matrix' as const,
    contenders,
    twinOf: twinOf(subject, cells),
    request: subject.request,
    windowSeconds,
    timeoutSeconds: TIMEOUT_SECONDS,
    warmUpSeconds: 0,
    minBlocks: blocks,
    maxBlocks: blocks,
    firstBlock: start * blocks,
    ...(repeats === 1 ? {} : { start }),
    margin: userMargin(),
    deadlineMs: Infinity,
  }
  return race(
    plan,
    {
      ...tools,
      random: createRandom(seed + start),
      nextId: log.nextId,
      onStart: ({ target, connections }) => log.starting(target, connections),
      recorded: (contender, block) => log.takeRecorded(contender, block),
      onTrial: (trial) => log.finished(trial),
    },
    signal,
  )
}

function emptyDocument(
  settings: MatrixSettings,
  subjects: readonly Subject[],
  tools: StudyTools,
): BenchDocument {
  const { app, axes, windowSeconds, blocks, repeats } = settings
  return {
    ...documentHead(settings, tools),
    command: 'bench',
    app,
    plan: {
      workloads: subjects.map((subject) => ({
        name: subject.name,
        description: subject.description,
        noise: null,
      })),
      axes,
      blocks,
      ...(repeats === 1 ? {} : { repeats }),
      windowSeconds,
      ...namedServers(subjects),
    },
    cells: [],
    trials: [],
  }
}

function namedServers(subjects: readonly Subject[]): { servers?: ServerName[] } {
  const names = subjects.flatMap(({ servers }) => servers.map(({ name }) => name))
  const servers = [...new Set(names.filter((name) => name !== null))]
  return servers.length === 0 ? {} : { servers }
}
