import type { LoadOutcome, ServerOutcome, Validity, ValidityReason } from '../result/trial.js'

/** Limits of docs/validity.md, which explains each and its source. */
const LIMITS = {
  littleDeviation: 0.05,
  failedShare: 0.001,
  generatorCpu: 0.85,
  minRequests: 10,
} as const

/** Stable: reports, budgets and docs/validity.md refer to them. */
export const VALIDITY_REASON_IDS = [
  'no-responses',
  'too-few-requests',
  'account',
  'errors',
  'timeouts',
  'lost',
  'non-2xx',
  'littles-law',
  'generator-saturated',
  'worker-restart',
] as const
type ReasonId = (typeof VALIDITY_REASON_IDS)[number]

export interface TrialContext {
  /** Connections the generator was told to open. */
  connections: number
}

type Check = (
  outcome: LoadOutcome,
  server: ServerOutcome | null,
  context: TrialContext,
) => ValidityReason | null

/** May this trial be believed? Every check that fails leaves its reason; a trial without reasons is valid. */
export function judgeTrial(
  outcome: LoadOutcome,
  server: ServerOutcome | null,
  context: TrialContext,
): Validity {
  const reasons = CHECKS.map((check) => check(outcome, server, context)).filter((reason) => reason !== null)
  return { ok: reasons.length === 0, reasons }
}

const noResponses: Check = ({ requests, errorSamples }) =>
  requests.done > 0
    ? null
    : reason('no-responses', `no request was answered${sample(errorSamples)}`, requests.done, 1)

/** Below this the throughput of one trial is a matter of where its edges fall. */
const tooFewRequests: Check = ({ requests }) =>
  requests.done === 0 || requests.done >= LIMITS.minRequests
    ? null
    : reason(
        'too-few-requests',
        `only ${requests.done} requests in the window: a longer window is needed`,
        requests.done,
        LIMITS.minRequests,
      )

const account: Check = ({ requests }) => {
  const known = requests.done + requests.errors + requests.lost + requests.inFlight
  const missing = requests.sent - known
  return missing === 0
    ? null
    : reason('account', `${requests.sent} requests sent, ${known} accounted for`, Math.abs(missing), 0)
}

/**
 * Closed loop without thinking: X * R = connections. The window cuts at most one generation of requests at its
 * edges, so the ratio may be off by one connection's worth of requests in `done`, beside the five per cent.
 */
const littlesLaw: Check = ({ littleRatio, requests }, _server, { connections }) => {
  if (littleRatio === null || requests.done < LIMITS.minRequests) return null
  const limit = LIMITS.littleDeviation + connections / requests.done
  const deviation = Math.abs(littleRatio - 1)
  return deviation <= limit
    ? null
    : reason(
        'littles-law',
        `throughput x latency is ${littleRatio.toFixed(2)} times the ${connections} connections: one of the figures is wrong`,
        deviation,
        limit,
      )
}

const errors: Check = ({ requests, errorSamples }) =>
  failedShare('errors', requests.errors - requests.timeouts, requests.sent, `failed${sample(errorSamples)}`)

const timeouts: Check = ({ requests }) =>
  failedShare('timeouts', requests.timeouts, requests.sent, 'timed out')

const lost: Check = ({ requests }) =>
  failedShare('lost', requests.lost, requests.sent, 'lost: the connection was closed before the answer')

const non2xx: Check = ({ requests, statusCounts }) => {
  const codes = Object.keys(statusCounts).filter((code) => !/^2\d\d$/.test(code))
  const seen = codes.length === 0 ? '' : ` (${codes.join(', ')})`
  return failedShare(
    'non-2xx',
    requests.non2xx,
    requests.done,
    `answered with a status other than 2xx${seen}`,
  )
}

const generatorSaturated: Check = ({ generatorCpu }) =>
  generatorCpu <= LIMITS.generatorCpu
    ? null
    : reason(
        'generator-saturated',
        `the load generator used ${percent(generatorCpu)} of a core: the throughput is a lower bound`,
        generatorCpu,
        LIMITS.generatorCpu,
      )

const workerRestart: Check = (_outcome, server) =>
  server === null || server.restarts === 0
    ? null
    : reason('worker-restart', `${server.restarts} worker restart(s) during the trial`, server.restarts, 0)

const CHECKS: readonly Check[] = [
  noResponses,
  tooFewRequests,
  account,
  errors,
  timeouts,
  lost,
  non2xx,
  littlesLaw,
  generatorSaturated,
  workerRestart,
]

function failedShare(id: ReasonId, failed: number, of: number, what: string): ValidityReason | null {
  const share = of === 0 ? 0 : failed / of
  if (share <= LIMITS.failedShare) return null
  return reason(id, `${failed} of ${of} requests ${what}`, share, LIMITS.failedShare)
}

function reason(id: ReasonId, message: string, observed: number, limit: number): ValidityReason {
  return { id, message, observed, limit }
}

function sample(errorSamples: readonly string[]): string {
  return errorSamples[0] === undefined ? '' : `: ${errorSamples[0]}`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
