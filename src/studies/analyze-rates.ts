import { fitting, type CompareWith, type Measured } from '../advisor/decide.js'
import { RATE_RACE_SHARE } from '../advisor/time-plan.js'
import { objectiveText, type Objective } from '../result/objective.js'
import type { AnalyzePlan } from './analyze-plan.js'
import { searchRates, type Searched, type Unsearched } from './analyze-slo.js'
import { leastSearchSeconds } from './rate-range.js'
import { weighRates } from './weigh-rates.js'
import type { Run } from './run.js'
import type { MakeTarget } from './tools.js'

/** Beside the controls: a search takes the time of many trials. */
const MOST_SEARCHED = 2

export interface RatesFound {
  /** `null` where too few could be searched to compare. */
  rates: { measured: Measured[]; compareWith: CompareWith } | null
  keys: string[]
  note: string
}

/** Where an objective decides, rates take the place of throughput: what is confirmed is that each keeps it, twice. */
export async function searchFinalists(
  plan: AnalyzePlan,
  measured: readonly Measured[],
  finalists: readonly string[],
  objective: Objective,
  makeTarget: MakeTarget,
  run: Run,
): Promise<RatesFound> {
  // Controls first: without them there is nothing to compare with. The best of the others is searched even where the race shows
  // nothing of it: with most throughput is not with the best latency.
  const controls = measured.filter(({ control }) => control)
  const others = fitting(measured.filter(({ throughputRps }) => throughputRps !== null)).filter(
    ({ control }) => !control,
  )
  const named = others.filter(({ key }) => finalists.includes(key))
  const [best] = others.toSorted((a, b) => (b.throughputRps?.value ?? 0) - (a.throughputRps?.value ?? 0))
  const rivals = [
    ...new Set([...named, ...(named.length < MOST_SEARCHED && best !== undefined ? [best] : [])]),
  ]
  const text = objectiveText(objective)
  const search = { objective, targetRps: plan.question.targetRps }

  const leftSeconds = (plan.untilMs.confirmation - run.tools.clock.monotonicMs()) / 1000
  const ground = { workload: plan.workload, machine: run.tools.machine }
  const least = leastSearchSeconds([...controls, ...rivals.slice(0, 1)], search, ground)
  const missingSeconds = least - leftSeconds
  if (missingSeconds > 0) {
    const more = Math.ceil(missingSeconds / (1 - RATE_RACE_SHARE) / 10) * 10
    const note = `${Math.max(0, Math.round(leftSeconds))} s were left, too short a time to find the rates that keep ${text}, which takes about ${more} s more of --budget`
    return { rates: null, keys: [], note: `Not confirmed: ${note}.` }
  }
  const outcome = await searchRates(plan, [...controls, ...rivals], search, makeTarget, run)
  const { found: searched, unsearched } = outcome
  const isSearched = ({ key }: Measured): boolean => searched.some((one) => one.key === key)
  const left = [...controls, ...rivals].filter((one) => !isSearched(one))
  const found = searched.map((one) => `${one.key} ${rateWords(one, search.targetRps)}`).join(', ')
  const missing = left.map(({ key, throughputRps }) => {
    if (throughputRps === null) return ` No trial of ${key} may be believed.`
    const why = unsearched.get(key)
    return why === undefined ? ` Interrupted before the search of ${key} had ended.` : ` ${WHY[why]} ${key}.`
  })
  // Without every control there is nothing to decide against, and without a rival nothing to decide.
  const isEnough = controls.every(isSearched) && (rivals.length === 0 || rivals.some(isSearched))
  const head =
    search.targetRps === null
      ? `Largest rate that keeps ${text}, by open load on fresh servers, met twice`
      : `${Math.round(search.targetRps)} req/s within ${text}, by open load on fresh servers`
  return {
    rates: isEnough ? weighRates(searched, [...controls, ...rivals]) : null,
    keys: searched.map(({ key }) => key),
    note: `${head}: ${found === '' ? 'none was searched' : found}.${missing.join('')}`,
  }
}

const WHY: Record<Unsearched, string> = {
  time: 'The time was too short for',
  generator: 'The load generator could not send on time what was asked of',
}

function rateWords({ largest: { met }, probes }: Searched, targetRps: number | null): string {
  if (met !== null) return targetRps === null ? `${Math.round(met)} req/s` : 'kept twice'
  return probes.length > 0
    ? targetRps === null
      ? 'none'
      : 'missed'
    : `not tried (it is beyond all that closed load and model give it)`
}
