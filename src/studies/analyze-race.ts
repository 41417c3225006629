import { planRaceLoad, rampSeconds, type RaceLoad } from '../advisor/load-plan.js'
import type { Proposal } from '../advisor/candidates.js'
import { createRandom } from '../experiment/random.js'
import { race, type Contender, type RaceOutcome } from '../experiment/race.js'
import type { Workload } from '../result/analysis.js'
import type { RequestSpec } from '../result/request.js'
import type { RunLog } from './run-log.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** From six blocks on a verdict no longer rests on normality alone (experiment/statistics.ts). */
const MIN_BLOCKS = 6
const MAX_BLOCKS = 40
/** Code is compiled and caches fill before anything counts. Longer does not change what follows. */
const WARM_UP_SECONDS = 0.7

export interface RaceSettings {
  request: RequestSpec
  seed: number
  margin: number
  /** On the monotonic clock. */
  deadlineMs: number
}

export interface AnalyzedRace extends RaceOutcome {
  load: RaceLoad
}

/** Boots every proposal, warms each up, and races them; all stay up until the fleet is stopped. */
export async function raceProposals(
  proposals: readonly Proposal[],
  twinOf: string,
  workload: Workload,
  settings: RaceSettings,
  makeTarget: MakeTarget,
  { tools, fleet, log, signal }: Run,
): Promise<AnalyzedRace> {
  const { machine, progress } = tools
  const configurations = proposals.map(({ configuration }) => configuration)
  const load = planRaceLoad(configurations, workload, machine.effectiveCpus, machine.openFilesLimit)

  progress.phase('start the candidates')
  const targets = proposals.map(({ key, configuration }) => makeTarget(configuration, key))
  await fleet.start(targets, signal, ({ label }) => progress.note(`${label} is up`))

  const contenders = proposals.map(({ key, configuration, control }): Contender => ({
    label: key,
    target: key,
    workload: null,
    configuration,
    running: fleet.get(key),
    connections: load.connections,
    rampSeconds: rampSeconds(configuration, workload, machine.effectiveCpus, load.connections),
    control,
  }))

  progress.phase('race')
  log.expect(estimateTrials(contenders, load, settings.deadlineMs - tools.clock.monotonicMs(), log))
  const outcome = await race(
    {
      phase: 'race',
      contenders,
      twinOf,
      request: settings.request,
      warmUpSeconds: WARM_UP_SECONDS,
      windowSeconds: load.windowSeconds,
      timeoutSeconds: load.timeoutSeconds,
      minBlocks: MIN_BLOCKS,
      maxBlocks: MAX_BLOCKS,
      margin: settings.margin,
      deadlineMs: settings.deadlineMs,
    },
    {
      ...tools,
      random: createRandom(settings.seed),
      nextId: log.nextId,
      onStart: (label) => log.starting(label),
      onTrial: (trial, label) => log.finished(trial, label),
    },
    signal,
  )
  return { ...outcome, load }
}

/** What the time allows, for the progress line; a race that is decided earlier ends earlier. */
function estimateTrials(
  contenders: readonly Contender[],
  load: RaceLoad,
  leftMs: number,
  log: RunLog,
): number {
  const trialMs = contenders.map((one) => (one.rampSeconds + load.windowSeconds + 0.2) * 1000)
  const mean = trialMs.reduce((sum, ms) => sum + ms, 0) / trialMs.length
  return log.trials.length + Math.max(contenders.length + 1, Math.floor(leftMs / mean))
}
