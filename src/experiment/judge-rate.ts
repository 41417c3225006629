import type { OpenOutcome } from '../result/open-load.js'
import type { Objective } from '../result/rate-document.js'

const LIMITS = {
  failedShare: 0.001,
  /** Answers against requests that were due. */
  kept: 0.97,
  /** Requests under way may grow by so many, or by this part of a second's worth: more is a queue. */
  growth: 10,
  growthSeconds: 0.1,
  /** Lateness of the generator: median absolutely, and p99 as a part of the objective. */
  latenessUs: 10_000,
  latenessShare: 0.5,
} as const

export interface RateJudgement {
  met: boolean
  why: string | null
  believed: boolean
}

/** Did the server keep up with the rate, within the objective? And was it the server that was measured? */
export function judgeRate(outcome: OpenOutcome, objective: Objective | null): RateJudgement {
  const late = generatorLate(outcome, objective)
  const why = failures(outcome) ?? queue(outcome) ?? objectiveMissed(outcome, objective)
  // A late generator can only make latencies worse, so a window that met its objective all the same is good.
  if (late !== null && why !== null) return { met: false, why: late, believed: false }
  return { met: why === null, why, believed: true }
}

function generatorLate({ latenessUs }: OpenOutcome, objective: Objective | null): string | null {
  const part = objective === null ? Infinity : LIMITS.latenessShare * objective.limitUs
  if (latenessUs.p50 <= LIMITS.latenessUs && latenessUs.p99 <= part) return null
  return `the generator sent ${(latenessUs.p99 / 1000).toFixed(1)} ms late (p99), so the server was not what was measured`
}

function failures({ requests }: OpenOutcome): string | null {
  const { sent, errors, lost, non2xx, unexpected = 0, inFlight, timeouts } = requests
  const failed = errors + lost + non2xx + unexpected + inFlight
  if (sent === 0) return 'nothing was sent'
  if (failed <= LIMITS.failedShare * sent) return null
  return `${failed} of ${sent} requests failed (${timeouts} timed out)`
}

function queue({ offeredRps, achievedRps, underWay }: OpenOutcome): string | null {
  const grown = underWay.atClose - underWay.atOpen
  const isQueue = grown > Math.max(LIMITS.growth, LIMITS.growthSeconds * offeredRps)
  if (achievedRps >= LIMITS.kept * offeredRps || !isQueue) return null
  return `only ${Math.round(achievedRps)} of ${Math.round(offeredRps)} requests per second were answered: the queue grew by ${grown}`
}

function objectiveMissed({ latencyUs }: OpenOutcome, objective: Objective | null): string | null {
  if (objective === null) return null
  const { percentile, limitUs } = objective
  const observed = latencyUs[percentile]
  if (observed === null) return `too few requests for ${percentile}`
  if (observed <= limitUs) return null
  return `${percentile} was ${(observed / 1000).toFixed(1)} ms`
}
