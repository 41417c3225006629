import { planRaceLoad, rampSeconds, type RaceLoad } from '../advisor/load-plan.js'
import type { Proposals } from '../advisor/candidates.js'
import { keptUp, rebooted, type UseTarget } from '../experiment/hosting.js'
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
  /** Memory holds all candidates at once; otherwise each is booted for its trial. */
  together: boolean
  /** On the monotonic clock. */
  deadlineMs: number
}

export interface AnalyzedRace extends RaceOutcome {
  load: RaceLoad
}

/** Races the proposals. All are booted once and stay up until the fleet is stopped, if memory holds them. */
export async function raceProposals(
  { proposals, heuristicKey }: Proposals,
  workload: Workload,
  settings: RaceSettings,
  makeTarget: MakeTarget,
  { tools, fleet, log, signal }: Run,
): Promise<AnalyzedRace> {
  const { machine, progress } = tools
  const configurations = proposals.map(({ configuration }) => configuration)
  const load = planRaceLoad(configurations, workload, machine.effectiveCpus, machine.openFilesLimit)

  const targets = new Map(proposals.map(({ key, configuration }) => [key, makeTarget(configuration, key)]))
  if (settings.together) {
    progress.phase('start the candidates')
    await fleet.start([...targets.values()], signal, ({ label }) => progress.note(`${label} is up`))
  }

  const useOf = (key: string): UseTarget => {
    const target = targets.get(key)
    return settings.together || target === undefined ? keptUp(fleet.get(key)) : rebooted(target, signal)
  }
  const contenders = proposals.map(({ key, configuration, control }): Contender => ({
    label: key,
    target: key,
    workload: null,
    configuration,
    use: useOf(key),
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
      twinOf: heuristicKey,
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
      onStart: ({ target, connections }) => log.starting(target, connections),
      onTrial: (trial) => log.finished(trial),
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
