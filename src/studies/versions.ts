import { gateOf } from '../experiment/budgets.js'
import { keptUp } from '../experiment/hosting.js'
import type { RunningTarget, Target } from '../experiment/ports.js'
import { createRandom } from '../experiment/random.js'
import { coldWarnings, warmUntilSteady, type WarmUp } from '../experiment/warm-up.js'
import { race, type Contender } from '../experiment/race.js'
import { withoutAcceptLuck } from '../experiment/spread.js'
import { decideVersionBudgets } from '../experiment/version-budgets.js'
import { compareMetric, type VersionTrials } from '../experiment/version-verdict.js'
import type { Budget, BudgetOutcome } from '../result/budget.js'
import { FEWEST_BLOCKS, type ComparedSide, type ComparisonDocument } from '../result/comparison.js'
import { plural } from '../report/sentences.js'
import { configurationKey, type Configuration } from '../result/configuration.js'
import { SCHEMA_VERSION } from '../result/document.js'
import { EXIT, TuneError } from '../result/error.js'
import { SAMPLES_NEEDED } from '../result/percentile.js'
import { rampSecondsFor } from '../result/ramp.js'
import type { RequestSpec } from '../result/request.js'
import type { Trial } from '../result/trial.js'
import { judgeRun, unusableSentence } from '../result/usable.js'
import { newRun, type Run } from './run.js'
import type { StudyTools } from './tools.js'

/** One of the two versions, and how its server is started. */
export interface Version {
  /** What a reader knows it by: a path, a branch. */
  name: string
  app: string
  revision?: string | undefined
  makeTarget: (configuration: Configuration, label: string) => Target
}

export interface VersionsSettings {
  command: 'compare' | 'ci'
  name: string
  configuration: Configuration
  request: RequestSpec
  connections: number
  /** `null`: long enough that each window carries a p99, within limits. */
  windowSeconds: number | null
  /** For measuring; booting and warming up come on top. */
  seconds: number
  margin: number
  budgets: readonly Budget[]
  seed: number
}

export const COMPARED = ['rps', 'latency.p50', 'latency.p99', 'cpu.per-request', 'memory.pss'] as const

const LABELS = { base: 'base', head: 'head', again: 'base-again' } as const
const TIMEOUT_SECONDS = 30
/** Just-in-time compilation of a handler takes some hundred requests. */
const WARM_UP_SECONDS = 0.7
const MOST_BLOCKS = 400
/** What p99 takes and a fifth more, as throughput wanders. */
const REQUESTS_WANTED = Math.ceil(1.2 * SAMPLES_NEEDED.p99)
/** Where nobody set a limit on p99, more blocks tell more than a p99 of slow requests. */
const WINDOW_SECONDS = { least: 0.4, most: 1, mostForP99: 2 }
const RAMP_SECONDS = { least: 0.1, most: 2 }

/**
 * Measures two versions of an app together: base, head and the base once more are up at the same time, each under a server of its
 * own, and take turns in randomised blocks until every budget is decided or the time is used up. An abort gives what is known.
 */
export async function compareVersions(
  settings: VersionsSettings,
  { base, head }: { base: Version; head: Version },
  tools: StudyTools,
  signal: AbortSignal,
): Promise<ComparisonDocument> {
  const startedMs = tools.clock.monotonicMs()
  const startedAt = tools.clock.wallClock().toISOString()
  const run = newRun(tools, signal)
  const measured = await measure(settings, { base, head }, run)
  const trials = byVersion(run.log.trials)
  const verdicts = judge(trials, settings)
  const { trials: all } = run.log
  const side = ({ name, app, revision }: Version): ComparedSide => ({
    name,
    app,
    startedAt,
    toolVersion: tools.toolVersion,
    nodeVersion: tools.machine.nodeVersion,
    ...(revision === undefined ? {} : { revision }),
  })
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'tune-prefork', version: tools.toolVersion },
    command: settings.command,
    base: side(base),
    head: side(head),
    margin: settings.margin,
    caveats: [...tools.machine.warnings, ...coldWarnings(measured.cold)],
    ...verdicts,
    run: {
      name: settings.name,
      durationSeconds: (tools.clock.monotonicMs() - startedMs) / 1000,
      status: measured.interrupted ? 'interrupted' : 'complete',
      seed: settings.seed,
      machine: tools.machine,
      request: settings.request,
      blocks: measured.blocks,
      windowSeconds: measured.windowSeconds,
      unusable: unusableReasons(trials),
      trials: all,
    },
  }
}

interface Measured {
  blocks: number
  windowSeconds: number
  interrupted: boolean
  /** Versions that still became faster when their warm-up ended. */
  cold: string[]
}

async function measure(
  settings: VersionsSettings,
  versions: { base: Version; head: Version },
  run: Run,
): Promise<Measured> {
  const { tools, fleet, log, signal } = run
  let windowSeconds = settings.windowSeconds ?? WINDOW_SECONDS.least
  const cold: string[] = []
  try {
    tools.progress.phase('boot')
    await fleet.start(targetsOf(settings, versions), signal, ({ label }) =>
      tools.progress.note(`${label} is up`),
    )
    tools.progress.phase('warm up')
    const warm = await warmUp(settings, run, cold)
    windowSeconds = settings.windowSeconds ?? windowFor(warm, settings.budgets)
    tools.progress.phase('measure')
    log.expect(mostTrials(settings.seconds, windowSeconds))
    const outcome = await race(
      {
        phase: 'race',
        contenders: Object.values(LABELS).map((label) => contender(label, fleet.get(label), settings, warm)),
        twinOf: null,
        request: settings.request,
        windowSeconds,
        timeoutSeconds: TIMEOUT_SECONDS,
        warmUpSeconds: 0,
        minBlocks: FEWEST_BLOCKS,
        maxBlocks: MOST_BLOCKS,
        margin: settings.margin,
        isDecided: () => isDecided(log.trials, settings),
        deadlineMs: tools.clock.monotonicMs() + settings.seconds * 1000,
      },
      {
        ...tools,
        random: createRandom(settings.seed),
        nextId: log.nextId,
        onStart: ({ target, connections }) => log.starting(target, connections),
        onTrial: (trial) => log.finished(withoutAcceptLuck(trial)),
      },
      signal,
    )
    return { blocks: outcome.blocks, windowSeconds, interrupted: outcome.stoppedBy === 'interrupted', cold }
  } catch (error) {
    if (!signal.aborted) throw error
    return { blocks: 0, windowSeconds, interrupted: true, cold }
  } finally {
    await fleet.stop()
  }
}

/** A server that does not come up is the fault of one version; the error says of which. */
function targetsOf(
  { configuration }: VersionsSettings,
  { base, head }: { base: Version; head: Version },
): Target[] {
  const named = (version: Version, role: 'base' | 'head', label: string): Target => {
    const target = version.makeTarget(configuration, label)
    return {
      ...target,
      start: async (signal) => {
        try {
          return await target.start(signal)
        } catch (error) {
          if (!(error instanceof TuneError)) throw error
          const { code, exit } = error
          const isNew = role === 'base' && code === 'TUNE_E_APP_NOT_FOUND'
          const suggestions = isNew ? ['Is the app new? Choose a base that has it'] : error.suggestions
          const message = `the ${role} (${version.name}) does not come up: ${error.message}`
          throw new TuneError(message, { code, exit, suggestions, cause: error })
        }
      },
    }
  }
  // The head first: it is what somebody has just changed.
  return [
    named(head, 'head', LABELS.head),
    named(base, 'base', LABELS.base),
    named(base, 'base', LABELS.again),
  ]
}

/** What each server showed, once its code was compiled. */
async function warmUp(
  { request, connections }: VersionsSettings,
  { tools, fleet, signal }: Run,
  cold: string[],
): Promise<WarmUp[]> {
  const shown: WarmUp[] = []
  for (const label of Object.values(LABELS)) {
    const { address } = fleet.get(label)
    const load = { rampSeconds: 0, windowSeconds: WARM_UP_SECONDS, timeoutSeconds: TIMEOUT_SECONDS }
    const warm = await warmUntilSteady(async () => {
      const outcome = await tools.generator.run({ address, request, connections, ...load }, signal)
      if (outcome.requests.done === 0) throw noAnswer(label, outcome.errorSamples)
      return outcome
    })
    shown.push(warm)
    if (!warm.steady) cold.push(label)
  }
  return shown
}

function windowFor(warm: readonly WarmUp[], budgets: readonly Budget[]): number {
  const slowest = Math.min(...warm.map(({ throughputRps }) => throughputRps))
  const needsP99 = budgets.some(({ metric }) => metric === 'latency.p99')
  const { least } = WINDOW_SECONDS
  const most = needsP99 ? WINDOW_SECONDS.mostForP99 : WINDOW_SECONDS.most
  const seconds = slowest > 0 ? REQUESTS_WANTED / slowest : most
  return Math.round(Math.min(most, Math.max(least, seconds)) * 100) / 100
}

/** For the time left: what fits into the time, were there nothing between the windows, and the last block to its end. */
function mostTrials(seconds: number, windowSeconds: number): number {
  const labels = Object.keys(LABELS).length
  return (Math.floor(seconds / (windowSeconds + RAMP_SECONDS.least) / labels) + 1) * labels
}

function contender(
  label: string,
  running: RunningTarget,
  { configuration, connections }: VersionsSettings,
  warm: readonly WarmUp[],
): Contender {
  return {
    label,
    target: label,
    workload: null,
    configuration,
    use: keptUp(running),
    connections,
    // The same for all, or the slower one would have the quieter machine.
    rampSeconds: rampSecondsFor(Math.max(...warm.map(({ queueSeconds }) => queueSeconds)), RAMP_SECONDS),
    control: true,
  }
}

function byVersion(trials: readonly Trial[]): VersionTrials {
  const of = (label: string): Trial[] => trials.filter(({ target }) => target === label)
  return { base: of(LABELS.base), head: of(LABELS.head), again: of(LABELS.again) }
}

function judge(
  trials: VersionTrials,
  { configuration, connections, margin, budgets }: VersionsSettings,
): Pick<ComparisonDocument, 'subjects' | 'budgets' | 'gate'> {
  const place = `${configurationKey(configuration)} at ${connections} ${plural(connections, 'client')}`
  const isUsable = unusableReasons(trials).length === 0
  const outcomes = decideVersionBudgets(budgets, place, trials).map((outcome) =>
    isUsable ? outcome : doubted(outcome),
  )
  const metrics = COMPARED.map((metric) => compareMetric(metric, trials, margin)).map((one) =>
    isUsable ? one : { ...one, verdict: 'inconclusive' as const },
  )
  const clients = { base: connections, head: connections }
  return {
    subjects: [{ workload: null, configuration, connections: clients, main: true, metrics }],
    budgets: outcomes,
    gate: gateOf(outcomes),
  }
}

/** Where the base itself could not be measured nothing is decided, whatever the few figures that are left say. */
function doubted(outcome: BudgetOutcome): BudgetOutcome {
  if (outcome.outcome === 'inconclusive' || (outcome.outcome === 'fail' && !outcome.againstBaseline))
    return outcome
  return { ...outcome, outcome: 'inconclusive', note: 'most trials of the base may not be believed' }
}

/** Every budget has its answer; without budgets, every metric has. */
function isDecided(trials: readonly Trial[], settings: VersionsSettings): boolean {
  const versions = byVersion(trials)
  // The exact test takes a moment, and a look after each block would only make wild ones count more.
  if (settings.budgets.length === 0) {
    if (versions.base.length % 4 !== 0) return false
    return COMPARED.every(
      (metric) => compareMetric(metric, versions, settings.margin).verdict !== 'inconclusive',
    )
  }
  return decideVersionBudgets(settings.budgets, '', versions).every(
    ({ outcome }) => outcome !== 'inconclusive',
  )
}

/** The base is known to work, so trials of it that may not be believed speak against the measurement. */
function unusableReasons({ base, again }: VersionTrials): string[] {
  const unusable = judgeRun([...base, ...again])
  return unusable === null ? [] : [unusableSentence(unusable), ...unusable.advice]
}

function noAnswer(label: string, errors: readonly string[]): TuneError {
  const [first] = errors
  return new TuneError(`${label} answered no request${first === undefined ? '' : `: ${first}`}`, {
    code: 'TUNE_E_NO_ANSWER',
    exit: EXIT.inconclusive,
    suggestions: ['Start the app with tune serve and try the request by hand (--path, --method, --header)'],
  })
}
