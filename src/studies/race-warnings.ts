import { BLOCKS_FOR_INTERVAL } from '../result/undecided.js'
import type { RaceOutcome } from '../experiment/race.js'
import { coldWarnings } from '../experiment/warm-up.js'
import { counted } from '../advisor/wording.js'
import type { AnalyzePlan } from './analyze-plan.js'
import type { Run } from './run.js'

/** What a reader has to know of a race beside its figures. */
export function raceWarnings(outcome: RaceOutcome, plan: AnalyzePlan, run: Run): string[] {
  return [...coldWarnings(outcome.cold), ...tooFewBlocks(outcome, plan, run), ...deaths(outcome, run)]
}

/** Where an objective decides, one block is all that the race is meant to have. */
function tooFewBlocks(
  { blocks, stoppedBy }: RaceOutcome,
  { untilMs, budgetSeconds, question }: AnalyzePlan,
  { tools: { clock }, log }: Run,
): string[] {
  const first = log.trials.find(({ phase }) => phase === 'race')
  if (stoppedBy !== 'deadline' || blocks >= BLOCKS_FOR_INTERVAL || question.slo !== null || !first) return []
  const racedSeconds = (clock.wallClock().getTime() - Date.parse(first.startedAt)) / 1000
  const spentSeconds = (clock.monotonicMs() - untilMs.sweep) / 1000 + budgetSeconds
  const enough = spentSeconds + ((BLOCKS_FOR_INTERVAL - blocks) * racedSeconds) / blocks
  return [
    `Only ${counted(blocks, 'block')} of trials fitted into ${budgetSeconds} s, and an interval takes ${BLOCKS_FOR_INTERVAL}: give it --budget ${10 * Math.ceil(enough / 10)}s or more`,
  ]
}

/** What a server said last whose workers ended while they were measured; of one, for all tell the same. */
function deaths({ trials }: RaceOutcome, { fleet }: Run): string[] {
  for (const [key, own] of trials) {
    const restarts = own.reduce((sum, { server }) => sum + (server?.restarts ?? 0), 0)
    const [last] = restarts > 0 && fleet.has(key) ? (fleet.get(key).lastLines?.().slice(-1) ?? []) : []
    if (last !== undefined)
      return [`Workers of ${key} ended while it was measured; the last that the server said: ${last.trim()}`]
  }
  return []
}
