import { FEWEST_CANDIDATES, leastRaceSeconds, type Pace } from './load-plan.js'

/** How the time that is left after the probe is shared out. Seconds. */
export interface TimePlan {
  raceSeconds: number
  /** 0: too little is left for a second look. */
  confirmationSeconds: number
  /** 0: too little is left to vary the connections. */
  sweepSeconds: number
}

/** The finalist, the rule, its twin and the configuration that runs today, as a rule. */
const TRIALS_PER_CONFIRMATION_BLOCK = 3.5
const CONFIRMATION_BLOCKS = 6
/** Fewest blocks with an interval, and what they are worth confirming with: the race needs as many. */
const FEWEST_BLOCKS = 3
const SWEEP_SHARE = 0.1
const MOST_SWEEP_SECONDS = 12
/** Points of a sweep that show a knee, at half a trial each. */
const FEWEST_POINTS = 5
const CONFIRMATION_SHARE = 0.4

/**
 * The race selects, so it may be short; the confirmation decides, so it gets as much; the connections of the winner take a tenth.
 * Where time is short the sweep goes first, then the confirmation: a race of three blocks comes before everything.
 */
export function planTime(leftSeconds: number, pace: Pace): TimePlan {
  const { trialSeconds } = pace
  const leastRace = leastRaceSeconds(FEWEST_CANDIDATES, pace)
  const leastConfirmation = confirmationTime(FEWEST_BLOCKS, TRIALS_PER_CONFIRMATION_BLOCK, pace)
  const leastSweep = (FEWEST_POINTS * trialSeconds) / 2
  const spare = leftSeconds - leastRace
  if (spare < leastConfirmation) return { raceSeconds: leftSeconds, confirmationSeconds: 0, sweepSeconds: 0 }

  const sweepWanted = Math.min(MOST_SWEEP_SECONDS, Math.max(leastSweep, SWEEP_SHARE * leftSeconds))
  const sweepSeconds = spare - leastConfirmation >= sweepWanted ? sweepWanted : 0
  const enough = confirmationTime(CONFIRMATION_BLOCKS, TRIALS_PER_CONFIRMATION_BLOCK, pace)
  const wanted = Math.max(enough, CONFIRMATION_SHARE * (leftSeconds - sweepSeconds))
  const confirmationSeconds = Math.min(spare - sweepSeconds, wanted)
  return { raceSeconds: leftSeconds - sweepSeconds - confirmationSeconds, confirmationSeconds, sweepSeconds }
}

/** What a confirmation takes until it has intervals. */
export function leastConfirmationSeconds(servers: number, pace: Pace): number {
  return confirmationTime(FEWEST_BLOCKS, servers + 1, pace)
}

/** All but the A/A twin are started anew, and warmed. */
function confirmationTime(
  blocks: number,
  trialsPerBlock: number,
  { trialSeconds, startSeconds }: Pace,
): number {
  return blocks * trialsPerBlock * trialSeconds + (trialsPerBlock - 1) * startSeconds
}

/** Where an objective decides, the race only says which two are worth a search of their rates. */
const RATE_RACE_SHARE = 0.3

/** The same where rates are searched: they take most of the time, and no sweep follows. One block is raced at least. */
export function planRateTime(leftSeconds: number, pace: Pace): TimePlan {
  const oneBlock = { ...pace, trialSeconds: pace.trialSeconds / FEWEST_BLOCKS }
  const block = leastRaceSeconds(FEWEST_CANDIDATES, oneBlock)
  const raceSeconds = Math.min(leftSeconds, Math.max(block, RATE_RACE_SHARE * leftSeconds))
  return { raceSeconds, confirmationSeconds: leftSeconds - raceSeconds, sweepSeconds: 0 }
}
