import { decide } from '../advisor/decide.js'
import { chooseFinalists } from '../advisor/finalists.js'
import type { Confirmation } from '../result/analysis.js'
import type { AnalyzePlan } from './analyze-plan.js'
import { raceProposals } from './analyze-race.js'
import { weigh, type Weighed } from './analyze-weigh.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Fewer blocks carry no interval, so they decide nothing. */
const FEWEST_BLOCKS = 3
/** From six blocks on a verdict no longer rests on normality alone (experiment/statistics.ts). */
const FULL_BLOCKS = 6

export interface Confirmed {
  /** `null` where there was nothing to confirm, or no time for it: then the race decides. */
  weighed: Weighed | null
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
  const { proposals, heuristicKey, currentKey } = plan.field
  const { measured, compareWith, noise } = raced
  const decision = decide(measured, currentKey ?? heuristicKey, compareWith, noise.margin)
  const finalists = chooseFinalists(measured, decision, compareWith).map(({ key }) => key)
  if (run.signal.aborted) return unconfirmed('the run was interrupted before it')
  if (finalists.length === 0) {
    return unconfirmed(
      'nothing that was raced can beat what it is compared with, so there is nothing to confirm',
    )
  }
  if (plan.time.confirmationSeconds === 0) {
    return unconfirmed(
      'the time was too short for it, so the effects are those of the race, which flatter its winner',
    )
  }

  const again = proposals
    .filter(({ key, control }) => control || finalists.includes(key))
    // Everybody stays: two finalists told apart from each other is part of the answer.
    .map((proposal) => ({ ...proposal, control: true }))
  try {
    await run.fleet.stop()
    const outcome = await raceProposals(
      plan,
      { phase: 'confirmation', proposals: again, minBlocks: FULL_BLOCKS, firstBlock: raced.blocks },
      makeTarget,
      run,
    )
    if (outcome.blocks < FEWEST_BLOCKS) {
      return unconfirmed(`only ${outcome.blocks} blocks fitted into the time, which decide nothing`)
    }
    const weighed = weigh(plan, again, outcome, raced.aaLogRatios)
    return { weighed, report: reportOf(weighed, raced, finalists, plan) }
  } catch (error) {
    // The race has an answer, which an abort must not lose.
    if (!isAborted(run)) throw error
    return unconfirmed('the run was interrupted in it')
  }
}

/** Read through a function: the signal changes while something is awaited. */
function isAborted({ signal }: Run): boolean {
  return signal.aborted
}

function unconfirmed(note: string): Confirmed {
  const report = { blocks: 0, keys: [], effects: [], note: `Not confirmed: ${note}.` }
  return { weighed: null, report }
}

function reportOf(
  { measured, compareWith, blocks }: Weighed,
  raced: Weighed,
  finalists: readonly string[],
  { field: { heuristicKey, currentKey } }: AnalyzePlan,
): Confirmation {
  const controls = [...new Set([heuristicKey, currentKey])].filter((key) => key !== null)
  const effects = controls.flatMap((against) =>
    finalists.flatMap((key) => {
      const comparison = key === against ? undefined : compareWith(against).get(key)
      if (comparison === undefined) return []
      const { effect, verdict } = comparison
      const raceEffect = raced.compareWith(against).get(key)?.effect ?? null
      return [{ key, against, effect, verdict, raceEffect }]
    }),
  )
  return {
    blocks,
    keys: measured.map(({ key }) => key),
    effects,
    note: 'Servers were started anew and measured in blocks of their own; only these effects are quoted.',
  }
}
