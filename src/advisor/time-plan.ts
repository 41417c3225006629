import type { Workload } from '../result/analysis.js'
import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import { FEWEST_CANDIDATES, leastRaceSeconds, secondsOfCandidate, type Pace } from './load-plan.js'

/** How the time that is left after the probe is shared out. Seconds. */
export interface TimePlan {
  raceSeconds: number
  /** 0: too little is left for a second look. */
  confirmationSeconds: number
  /** 0: too little is left to vary the connections. */
  sweepSeconds: number
}

/** Beside the controls: the A/A twin, and one finalist at least, two at most. */
const OTHERS_IN_CONFIRMATION = { least: 2, most: 3 }
const CONFIRMATION_BLOCKS = 6
/** A sweep has as many points, each a little shorter than a trial of the race. */
export const SWEEP_POINTS = 5
const MOST_SWEEP_SECONDS = 12
const CONFIRMATION_SHARE = 0.4

/** Of the time after the probe, for each server. */
const SETTLE_SHARE = 0.12
const MOST_SETTLE_SECONDS = 12

/**
 * Load that heaps take to settle, where the collector takes a good part of the time. V8 finds out by collecting which objects live long and
 * allocates these in its old generation from then on, each worker at a moment of its own: with an app that makes megabytes of garbage a
 * request two workers gained 13 to 30 % in 30 s of load, five 8 to 15 %, and for seconds in between they were no faster, so that no warm-up
 * that waits for a rise to end would have waited long enough. 0 for other apps.
 */
export function settleSecondsFor({ constraints = [] }: Workload, leftSeconds: number): number {
  const isCollecting = constraints.some(({ kind }) => kind === 'gc-bound')
  return isCollecting ? Math.max(0, Math.min(MOST_SETTLE_SECONDS, SETTLE_SHARE * leftSeconds)) : 0
}

/**
 * What has to be left after the probe for the heaps of this many candidates to settle before the race too. Until they have, the race shows
 * how far each of them has come: of an app that collects for 60 % of its time one had 162 requests/s in its first trial and 352 in its second.
 */
export function secondsToSettleAll(candidates: number, pace: Pace, controls = 1): number {
  const settled = { ...pace, settleSeconds: MOST_SETTLE_SECONDS }
  const raceSeconds = candidates * secondsOfCandidate(settled)
  const enough = confirmationTime(CONFIRMATION_BLOCKS, controls + OTHERS_IN_CONFIRMATION.most, settled)
  return MOST_SWEEP_SECONDS + Math.max(raceSeconds + enough, raceSeconds / (1 - CONFIRMATION_SHARE))
}

/**
 * The race selects, so it may be short; the confirmation decides, so it gets as much, and what the race leaves; the connections of the winner take
 * five trials.
 * Where time is short the sweep goes first, then the confirmation: a race of three blocks comes before everything.
 *
 * @param controls that will be in the confirmation: the rule, and what runs today where that is another
 * @param named candidates that are raced whatever the time, the controls among them
 */
export function planTime(leftSeconds: number, pace: Pace, controls = 1, named = controls): TimePlan {
  const { least, most } = OTHERS_IN_CONFIRMATION
  const leastRace = leastRaceSeconds(Math.max(FEWEST_CANDIDATES.toSelect, named), pace)
  const leastConfirmation = confirmationTime(BLOCKS_FOR_INTERVAL, controls + least, pace)
  const spare = leftSeconds - leastRace
  if (spare < leastConfirmation) return { raceSeconds: leftSeconds, confirmationSeconds: 0, sweepSeconds: 0 }

  const sweepWanted = Math.min(MOST_SWEEP_SECONDS, SWEEP_POINTS * pace.trialSeconds)
  const sweepSeconds = spare - leastConfirmation >= sweepWanted ? sweepWanted : 0
  const enough = confirmationTime(CONFIRMATION_BLOCKS, controls + most, pace)
  const wanted = Math.max(enough, CONFIRMATION_SHARE * (leftSeconds - sweepSeconds))
  const confirmationSeconds = Math.min(spare - sweepSeconds, wanted)
  return { raceSeconds: leftSeconds - sweepSeconds - confirmationSeconds, confirmationSeconds, sweepSeconds }
}

/** What a confirmation takes until it has so many blocks. */
export function leastConfirmationSeconds(servers: number, pace: Pace, blocks = BLOCKS_FOR_INTERVAL): number {
  return confirmationTime(blocks, servers + 1, pace)
}

/** All but the A/A twin are started anew, and warmed. */
function confirmationTime(
  blocks: number,
  trialsPerBlock: number,
  { trialSeconds, startSeconds, settleSeconds = 0 }: Pace,
): number {
  return blocks * trialsPerBlock * trialSeconds + (trialsPerBlock - 1) * (startSeconds + settleSeconds)
}

/** Where an objective decides, the race only says which two are worth a search of their rates. */
export const RATE_RACE_SHARE = 0.3

/** The same where rates are searched: they take most of the time, and no sweep follows. One block is raced at least. */
export function planRateTime(leftSeconds: number, pace: Pace): TimePlan {
  const oneBlock = { ...pace, trialSeconds: pace.trialSeconds / BLOCKS_FOR_INTERVAL }
  const block = leastRaceSeconds(FEWEST_CANDIDATES.toSelect, oneBlock, true)
  const raceSeconds = Math.min(leftSeconds, Math.max(block, RATE_RACE_SHARE * leftSeconds))
  return { raceSeconds, confirmationSeconds: leftSeconds - raceSeconds, sweepSeconds: 0 }
}
