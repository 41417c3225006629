import type {
  EnvironmentOutcome,
  LoadOutcome,
  ServerOutcome,
  Validity,
  ValidityReason,
} from '../result/trial.js'
import { disturbances } from './disturbances.js'
import { judgeSteadiness } from './steadiness.js'

/** Limits of docs/validity.md, which explains each and its source. */
const LIMITS = {
  littleDeviation: 0.05,
  littleDeviationClosing: 0.15,
  failedShare: 0.001,
  stuckConnections: 0.05,
  generatorCpu: 0.85,
  minRequests: 10,
} as const

/** Stable: reports, budgets and docs/validity.md refer to them. */
export const VALIDITY_REASON_IDS = [
  'no-responses',
  'too-few-requests',
  'account',
  'ports-exhausted',
  'descriptor-limit',
  'errors',
  'timeouts',
  'lost',
  'unfinished',
  'non-2xx',
  'unexpected-answers',
  'littles-law',
  'not-steady',
  'generator-saturated',
  // Given by spread.ts, where two versions of an app are compared.
  'crowded-worker',
  'worker-restart',
] as const
type ReasonId = (typeof VALIDITY_REASON_IDS)[number]

/** Requests failed or hung, or workers died: clients were away from the loop, and Little's law has nothing to say of the figures. */
const CLIENTS_AWAY: ReadonlySet<string> = new Set<ReasonId>([
  'errors',
  'timeouts',
  'lost',
  'unfinished',
  'worker-restart',
])

export interface TrialContext {
  /** Connections the generator was told to open. */
  connections: number
  /** What the machine did meanwhile; `null` where it does not say. */
  environment: EnvironmentOutcome | null
}

type Check = (
  outcome: LoadOutcome,
  server: ServerOutcome | null,
  context: TrialContext,
) => ValidityReason | null

/**
 * May this trial be believed? Every check that fails leaves its reason; a trial without reasons is valid, even with
 * warnings (disturbances.ts).
 */
export function judgeTrial(
  outcome: LoadOutcome,
  server: ServerOutcome | null,
  context: TrialContext,
): Validity {
  const failed = CHECKS.map((check) => check(outcome, server, context)).filter((reason) => reason !== null)
  const wereAway = failed.some(({ id }) => CLIENTS_AWAY.has(id))
  const reasons = failed.filter(({ id }) => id !== 'littles-law' || !wereAway)
  const warnings = disturbances(outcome, server, context.environment)
  return { ok: reasons.length === 0, reasons, warnings }
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
 * Closed loop without thinking: X * R = connections. Requests at the edges of the window count by their share inside, in
 * both figures, so the identity is exact (load/window-account.ts) and a short window needs no allowance. Behind a server
 * that closes connections, the moment between an answer and the next request belongs to neither: 8 % at 6,000
 * connections per second, measured. The figures are right then, and only the load is a little less than was asked for.
 */
const littlesLaw: Check = ({ littleRatio, requests, connects }, _server, { connections }) => {
  if (littleRatio === null || requests.done < LIMITS.minRequests) return null
  const closes = connects >= requests.done / 2 && littleRatio < 1
  const limit = closes ? LIMITS.littleDeviationClosing : LIMITS.littleDeviation
  const deviation = Math.abs(littleRatio - 1)
  return deviation <= limit
    ? null
    : reason(
        'littles-law',
        `throughput x latency is ${littleRatio.toFixed(2)} times the ${connections} connections: ${
          closes
            ? 'opening new ones kept the generator from the rest of the load'
            : 'one of the figures is wrong'
        }`,
        deviation,
        limit,
      )
}

/** Requests of the window that had no answer long after it: their connections were not the load that was asked for. */
const unfinished: Check = ({ requests }, _server, { connections }) => {
  const { inFlight, sent } = requests
  const stuck = inFlight / connections
  const tolerated = stuck <= LIMITS.stuckConnections && inFlight <= LIMITS.failedShare * sent
  return tolerated || requests.done === 0
    ? null
    : reason(
        'unfinished',
        `${inFlight} of ${sent} requests had no answer when the generator gave up waiting after the window`,
        stuck,
        LIMITS.stuckConnections,
      )
}

const notSteady: Check = (outcome, _server, { environment }) => {
  const unsteady = judgeSteadiness(outcome, environment)
  return unsteady?.id === 'not-steady' ? unsteady : null
}

/** The limit is the client's, so nothing is learnt about the server. */
function clientLimit(id: ReasonId, codes: readonly string[], what: string): Check {
  return ({ errorSamples, requests }) => {
    const text = errorSamples.find((one) => codes.some((code) => one.includes(code)))
    return text === undefined ? null : reason(id, `${what}: ${text}`, requests.errors, 0)
  }
}

const portsExhausted = clientLimit(
  'ports-exhausted',
  ['EADDRNOTAVAIL'],
  'the generator ran out of local ports, which closed connections keep for a minute',
)
const descriptorLimit = clientLimit(
  'descriptor-limit',
  ['EMFILE', 'ENFILE'],
  'the generator ran out of file descriptors',
)

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

const unexpectedAnswers: Check = ({ requests }) =>
  failedShare(
    'unexpected-answers',
    requests.unexpected ?? 0,
    requests.done,
    'answered with a status or a body that was not expected',
  )

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
  portsExhausted,
  descriptorLimit,
  errors,
  timeouts,
  lost,
  unfinished,
  non2xx,
  unexpectedAnswers,
  littlesLaw,
  notSteady,
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
