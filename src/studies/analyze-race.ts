import { rampSeconds } from '../advisor/load-plan.js'
import { number } from '../advisor/wording.js'
import { keptUp, rebooted, type UseTarget } from '../experiment/hosting.js'
import { createRandom } from '../experiment/random.js'
import { underLoad } from '../experiment/under-load.js'
import { race, type Contender, type RaceOutcome, type RacePlan } from '../experiment/race.js'
import { meanTrialSeconds, type AnalyzePlan } from './analyze-plan.js'
import { latencyScore } from './latency-score.js'
import type { Trial } from '../result/trial.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Code is compiled and caches fill before anything counts. Longer does not change what follows. */
const WARM_UP_SECONDS = 0.4
const PHASES = { race: 'start the candidates', confirmation: 'start the finalists anew' }

/** Time ends a race, or its decision; more blocks than this decide nothing any more. */
const MAX_BLOCKS = 200

export interface RaceSettings
  extends Pick<RacePlan, 'minBlocks' | 'isDecided'>, Partial<Pick<RacePlan, 'maxBlocks'>> {
  phase: 'race' | 'confirmation'
  proposals: AnalyzePlan['field']['proposals']
  firstBlock: number
  /** The rule is in every block twice. */
  withTwin: boolean
}

/** Races proposals against each other. All are booted once and stay up until the fleet is stopped, if memory holds them. */
export async function raceProposals(
  plan: AnalyzePlan,
  { phase, proposals, firstBlock, withTwin, ...stops }: RaceSettings,
  makeTarget: MakeTarget,
  run: Run,
): Promise<RaceOutcome> {
  const { tools, fleet, log, signal } = run
  const { machine, progress, clock } = tools
  const { workload, load } = plan
  const together = plan.apart === null
  const { enoughRps } = plan.policy
  const deadlineMs = plan.untilMs[phase]
  const targets = new Map(proposals.map(({ key, configuration }) => [key, makeTarget(configuration, key)]))
  if (together) {
    progress.phase(PHASES[phase])
    await fleet.start([...targets.values()], signal, ({ label }) => progress.note(`${label} is up`))
    await settle(plan.settleSeconds[phase], plan, proposals, run)
  }

  const useOf = (key: string): UseTarget => {
    const target = targets.get(key)
    return together || target === undefined ? keptUp(fleet.get(key)) : rebooted(target, signal)
  }
  const contenders = proposals.map(({ key, configuration, control }): Contender => {
    const connections = load.connectionsOf(configuration)
    return {
      label: key,
      target: key,
      workload: null,
      configuration,
      use: useOf(key),
      connections,
      rampSeconds: rampSeconds(configuration, workload, machine.effectiveCpus, connections),
      control,
    }
  })

  progress.phase(phase)
  const trialSeconds = meanTrialSeconds({ proposals }, workload, load, machine.effectiveCpus)
  const carried = Math.floor((deadlineMs - clock.monotonicMs()) / 1000 / trialSeconds)
  const perBlock = contenders.length + (withTwin ? 1 : 0)
  log.expect(log.trials.length + Math.max(perBlock, Math.min(carried, stops.minBlocks * perBlock)))
  return race(
    {
      phase,
      contenders,
      twinOf: withTwin ? plan.field.heuristicKey : null,
      request: plan.request,
      warmUpSeconds: WARM_UP_SECONDS,
      windowSeconds: load.windowSeconds,
      timeoutSeconds: load.timeoutSeconds,
      maxBlocks: MAX_BLOCKS,
      ...stops,
      firstBlock,
      margin: plan.margin,
      ...(plan.question.optimize === 'latency' ? { scoreBy: latencyScore } : {}),
      ...(enoughRps === null ? {} : { isEnough: (trials) => mayCarry(trials, enoughRps) }),
      ...(tools.speedometer === undefined ? {} : { effectiveCpus: machine.effectiveCpus }),
      deadlineMs,
      // On a busy machine trials take longer than planned: blocks that show something come before the sweep. Not so where rates are
      // searched, which is what decides there.
      firstLookUntilMs: plan.question.slo === null ? plan.untilMs.sweep : deadlineMs,
    },
    {
      ...tools,
      // Another order than the race before it had, and the same again with the same seed.
      random: createRandom(plan.seed + firstBlock),
      nextId: log.nextId,
      onStart: ({ target, connections }) => log.starting(target, connections),
      onTrial: (trial) => log.finished(trial),
    },
    signal,
  )
}

/** One after the other, as they are measured: together they would share the cores. */
async function settle(
  seconds: number,
  { load, request }: AnalyzePlan,
  proposals: AnalyzePlan['field']['proposals'],
  { tools: { progress, generator }, fleet, signal }: Run,
): Promise<void> {
  if (seconds === 0) return
  const { timeoutSeconds } = load
  for (const { key, configuration } of proposals) {
    progress.note(`${key} is under load for ${number(seconds)} s, until its heaps have settled`)
    const connections = load.connectionsOf(configuration)
    const window = { request, connections, rampSeconds: 0, windowSeconds: seconds, timeoutSeconds }
    await underLoad(fleet.get(key), window, generator, signal)
  }
}

/** The cheapest that carries a rate is the answer, and what it lacks to the leader is of no importance. */
function mayCarry(trials: readonly Trial[], enoughRps: number): boolean {
  const rates = trials.filter(({ validity }) => validity.ok).map(({ throughputRps }) => throughputRps)
  return rates.length > 0 && Math.max(...rates) >= enoughRps
}
