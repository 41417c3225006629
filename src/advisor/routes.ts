import type { RouteWorkload, TimesEvidence } from '../result/analysis.js'
import type { Route } from '../result/request.js'
import type { Trial } from '../result/trial.js'
import { classify, UNCONFIRMED } from './classify.js'
import { percent } from './wording.js'

/** One request of a mix, and its trial at one connection; `null` with the reason where there is none. */
export interface RouteProbe {
  route: Pick<Route, 'name' | 'weight'>
  trial: Trial | null
  why: string
}

const UNMEASURED = {
  class: null,
  confidence: 'low',
  cpuMsPerRequest: null,
  loopMsPerRequest: null,
  waitMsPerRequest: null,
  residenceMsPerRequest: null,
  cpuPart: null,
} as const

/** No request of a mix is overloaded by itself in an analysis of the mix. */
const ALONE = { why: 'Nothing overloads it by itself.', raise: 'an analysis of this request alone' }

/** Answers that are not what was expected are answers of an error page, whose nature is not that of the request. */
const MOST_FAILING = 0.01

/**
 * What each request of a mix is by itself. Without an overload of its own nothing confirms it, so the confidence is medium at most.
 * The most frequent first.
 */
export function routeNatures(probes: readonly RouteProbe[], effectiveCpus: number): RouteWorkload[] {
  const weights = probes.reduce((sum, { route }) => sum + route.weight, 0)
  const natures = probes.map((probe) => natureOf(probe, probe.route.weight / weights, effectiveCpus))
  const cpu = natures.reduce((sum, { share, cpuMsPerRequest }) => sum + share * (cpuMsPerRequest ?? 0), 0)
  return natures
    .map((nature) => ({
      ...nature,
      cpuPart:
        nature.cpuMsPerRequest === null || cpu === 0 ? null : (nature.share * nature.cpuMsPerRequest) / cpu,
    }))
    .sort((a, b) => b.share - a.share)
}

function natureOf({ route: { name }, trial, why }: RouteProbe, share: number, cpus: number): RouteWorkload {
  const none = (note: string): RouteWorkload => ({ name, share, ...UNMEASURED, note })
  if (trial === null) return none(why)
  const { requests } = trial
  const failing = requests.non2xx + (requests.unexpected ?? 0)
  if (requests.done === 0) return none('no answer at one connection')
  if (failing > MOST_FAILING * requests.done)
    return none(`${percent(failing / requests.done)} of the answers were not as expected`)
  const nature = classify(trial, null, cpus)
  if (nature === null) return none('the server does not tell its CPU')
  const { cpuMsPerRequest, loopMsPerRequest, waitMsPerRequest, residenceMsPerRequest } = nature
  const { evidence, doubts = [] } = nature
  return {
    ...{ name, share, class: nature.class, confidence: nature.confidence },
    ...{ cpuMsPerRequest, loopMsPerRequest, waitMsPerRequest, residenceMsPerRequest },
    cpuPart: null,
    ...(evidence === undefined ? {} : { evidence: timesOf(evidence) }),
    doubts: doubts.map((doubt) => (doubt.why === UNCONFIRMED ? ALONE : doubt)),
    note: '',
  }
}

function timesOf({
  cpuMsPerRequest,
  loopMsPerRequest,
  waitMsPerRequest,
  residenceMsPerRequest,
}: TimesEvidence): TimesEvidence {
  return { cpuMsPerRequest, loopMsPerRequest, waitMsPerRequest, residenceMsPerRequest }
}
