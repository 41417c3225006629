import { decide, isSettled } from '../advisor/decide.js'
import { chooseFinalists } from '../advisor/finalists.js'
import { byClosedLoad } from '../advisor/policy.js'
import { leastConfirmationSeconds } from '../advisor/time-plan.js'
import { counted, number } from '../advisor/wording.js'
import { isAborted } from '../experiment/abort.js'
import type { RaceProgress } from '../experiment/race.js'
import { MIN_BLOCKS_FOR_EXACT_TEST } from '../experiment/statistics.js'
import { comparisonsToSelect } from '../experiment/summary.js'
import type { Confirmation } from '../result/analysis.js'
import type { Trial } from '../result/trial.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import { meanTrialSeconds, type AnalyzePlan } from './analyze-plan.js'
import { raceProposals } from './analyze-race.js'
import { searchFinalists, type RatesFound } from './analyze-rates.js'
import { timedCpus, weigh, type Weighed } from './analyze-weigh.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

type Field = AnalyzePlan['field']['proposals']

export interface Confirmed {
  /** `null` where nothing could be confirmed, or there was no time for it: then the race decides. */
  weighed: Weighed | null
  /** Where an objective decides: the largest rate of each finalist that keeps it; `null` where too few could be searched to compare. */
  rates: RatesFound['rates']
  report: Confirmation
}

/**
 * The finalists of the race against the rule and what runs today, on servers that were started anew, in blocks that the selection has not
 * seen: whoever won the race was partly lucky, and a lucky start of a process lasts as long as the process.
 */
export async function confirmFinalists(
  plan: AnalyzePlan,
  raced: Weighed,
  makeTarget: MakeTarget,
  run: Run,
): Promise<Confirmed> {
  const { heuristicKey, currentKey } = plan.field
  const { measured, scored, blocks, noise } = raced
  const policy = byClosedLoad(plan.policy, plan.question)
  const compareWith = comparisonsToSelect(scored, blocks, noise.margin)
  const decision = decide(measured, currentKey ?? heuristicKey, compareWith, noise.margin, policy)
  const finalists = chooseFinalists(measured, decision, compareWith, policy).map(({ key }) => key)
  if (run.signal.aborted) return unconfirmed('the run was interrupted before it')
  const { slo } = plan.question
  if (slo !== null) {
    const { rates, keys, note } = await searchFinalists(plan, measured, finalists, slo, makeTarget, run)
    return { weighed: null, rates, report: { blocks: 0, keys, effects: [], note } }
  }
  if (finalists.length === 0) {
    return unconfirmed(
      decision.because === 'control-unmeasured'
        ? 'what everything is compared with has no valid trial'
        : decision.because === 'generator-limited'
          ? 'the load generator was the limit, so nothing is known of who is best'
          : 'nothing else could be measured',
    )
  }
  const again = fittingField(finalists, plan, run)
  if (again === null) {
    return unconfirmed(
      'the time was too short for it, so the effects are those of the race, which flatter its winner',
    )
  }

  try {
    await run.fleet.stop()
    const weighSoFar = (soFar: RaceProgress): Weighed =>
      weigh(plan, again, soFar, timedCpus(run), raced.outcome)
    const outcome = await raceProposals(
      plan,
      {
        ...{ phase: 'confirmation', proposals: again, firstBlock: raced.blocks, withTwin: true },
        minBlocks: MIN_BLOCKS_FOR_EXACT_TEST,
        isDecided: (soFar) => isDecided(weighSoFar(soFar), plan),
      },
      makeTarget,
      run,
    )
    if (outcome.blocks < fewestBlocks(plan)) {
      if (isAborted(run.signal)) return unconfirmed('the run was interrupted in it')
      return unconfirmed(`${counted(outcome.blocks, 'block')} fitted into the time, too few to decide`)
    }
    const weighed = weighSoFar(outcome)
    const confirmed = finalists.filter((key) => again.some((one) => one.key === key))
    const believed = weighed.measured.filter(({ throughputRps }) => throughputRps !== null)
    if (!believed.some(({ key }) => confirmed.includes(key))) {
      return unconfirmed(`no trial of ${confirmed.join(' and ')} on fresh servers may be believed`)
    }
    if (!believed.some(({ key }) => key === decision.control.key)) {
      return unconfirmed(`no trial of ${decision.control.key} on fresh servers may be believed`)
    }
    return { weighed, rates: null, report: reportOf(weighed, raced, confirmed, plan) }
  } catch (error) {
    // The race has an answer, which an abort must not lose.
    if (!isAborted(run.signal)) throw error
    return unconfirmed('the run was interrupted in it')
  }
}

function isDecided(
  { measured, compareWith, noise: { margin } }: Weighed,
  { field: { heuristicKey, currentKey }, policy }: AnalyzePlan,
): boolean {
  const decision = decide(measured, currentKey ?? heuristicKey, compareWith, margin, policy)
  return isSettled(decision, measured, compareWith, policy)
}

/** Controls and finalists, both of them or the first alone; `null` where the time that is left carries neither, whatever was planned. */
function fittingField(finalists: readonly string[], plan: AnalyzePlan, run: Run): Field | null {
  const { proposals } = plan.field
  for (let count = finalists.length; count > 0; count--) {
    const keys = finalists.slice(0, count)
    const field = proposals.filter(({ key, control }) => control || keys.includes(key))
    // Everybody stays: two finalists told apart from each other is part of the answer.
    if (isTimeFor(field, plan, run)) return field.map((proposal) => ({ ...proposal, control: true }))
  }
  return null
}

/** A race that was to decide by itself has had the exact test, which fewer blocks cannot replace. */
function fewestBlocks({ time }: AnalyzePlan): number {
  return time.confirmationSeconds === 0 ? MIN_BLOCKS_FOR_EXACT_TEST : BLOCKS_FOR_INTERVAL
}

/** False after a race that needed the time of the confirmation for itself. */
function isTimeFor(
  proposals: Field,
  plan: AnalyzePlan,
  { tools: { clock, machine }, log: { trials } }: Run,
): boolean {
  const { workload, load, startSeconds, settleSeconds, untilMs } = plan
  const planned = meanTrialSeconds({ proposals }, workload, load, machine.effectiveCpus)
  const trialSeconds = Math.max(planned, secondsBetween(trials.filter(({ phase }) => phase === 'race')))
  const pace = { trialSeconds, startSeconds, settleSeconds: settleSeconds.confirmation }
  const neededSeconds = leastConfirmationSeconds(proposals.length, pace, fewestBlocks(plan))
  return clock.monotonicMs() + neededSeconds * 1000 <= untilMs.sweep
}

/** From the start of one trial to that of the next, on average. 0 where there are fewer than two. */
function secondsBetween(trials: readonly Pick<Trial, 'startedAt'>[]): number {
  const [first, last] = [trials.at(0), trials.at(-1)].map((trial) => Date.parse(trial?.startedAt ?? ''))
  return trials.length < 2 ? 0 : ((last ?? 0) - (first ?? 0)) / 1000 / (trials.length - 1)
}

function unconfirmed(note: string): Confirmed {
  const report = { blocks: 0, keys: [], effects: [], note: `Not confirmed: ${note}.` }
  return { weighed: null, rates: null, report }
}

function reportOf(
  { measured, compareWith, blocks }: Weighed,
  raced: Weighed,
  finalists: readonly string[],
  { field: { heuristicKey, currentKey }, settleSeconds }: AnalyzePlan,
): Confirmation {
  const controls = [...new Set([heuristicKey, currentKey])].filter((key) => key !== null)
  const effects = controls.flatMap((against) => {
    // The rule may turn out to be the answer, and is then quoted against what runs today.
    const keys = against === currentKey ? [...finalists, heuristicKey] : finalists
    return [...new Set(keys)].flatMap((key) => {
      const comparison = key === against ? undefined : compareWith(against).get(key)
      if (comparison === undefined) return []
      const { effect, verdict } = comparison
      const raceEffect = raced.compareWith(against).get(key)?.effect ?? null
      return [{ key, against, effect, verdict, raceEffect }]
    })
  })
  return {
    blocks,
    keys: measured.map(({ key }) => key),
    effects,
    note: `Servers were started anew${settled(settleSeconds.confirmation)} and measured in blocks of their own; only these effects are quoted.`,
  }
}

function settled(seconds: number): string {
  return seconds === 0 ? '' : `, loaded for ${number(seconds)} s each so that their heaps settle,`
}
