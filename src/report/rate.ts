import { objectiveText } from '../result/objective.js'
import type { RateDocument, RateProbe, RateSubject } from '../result/rate-document.js'
import { formatLatency, formatRate } from './format.js'
import { hostInWords, plural } from './sentences.js'

// What every rendering of a measurement under open load says.

/** The best of several configurations, or the latency of one. */
export function rateHeadline(document: RateDocument): string {
  const { objective, subjects, status } = document
  if (subjects.length === 0)
    return status === 'interrupted' ? 'Partial: nothing measured yet' : 'Nothing measured'
  if (objective === null) {
    const [subject] = subjects
    const probe = subject?.probes.at(-1)
    if (subject === undefined || probe === undefined) return 'Nothing measured'
    const p99 = probe.outcome.latencyUs.p99
    const latency =
      p99 === null ? `p50 ${formatLatency(probe.outcome.latencyUs.p50)}` : `p99 ${formatLatency(p99)}`
    return `${hostInWords(subject)} at ${formatRate(probe.ratePerSecond)} req/s: ${latency}`
  }
  const best = bestSubject(document)
  const met = best === null ? null : rateMet(best)
  return best === null || met === null
    ? `No rate that was tried keeps ${objectiveText(objective)}`
    : `${formatRate(met)} req/s keep ${objectiveText(objective)}: ${hostInWords(best)}`
}

/** Which carries the largest rate within the objective. */
export function bestSubject({ subjects }: RateDocument): RateSubject | null {
  const met = (one: RateSubject): number => rateMet(one) ?? 0
  const [best] = subjects.filter((one) => met(one) > 0).toSorted((a, b) => met(b) - met(a))
  return best ?? null
}

/** The largest rate that met the objective: that of the search, or the one that was asked for. */
function rateMet({ largest, probes }: RateSubject): number | null {
  if (largest !== null) return largest.met
  const rates = probes.filter(({ met }) => met).map(({ ratePerSecond }) => ratePerSecond)
  return rates.length === 0 ? null : Math.max(...rates)
}

/** `1,930 req/s meet the objective, 2,040 do not`; `null` where a single rate was measured. */
export function largestSentence({ largest, probes }: RateSubject): string | null {
  if (largest === null) return null
  const { met, failed } = largest
  if (met === null) return 'no rate that was tried meets the objective'
  const missed = probes.filter((one) => !one.met && one.ratePerSecond === failed)
  const above =
    failed === null
      ? 'no limit was found'
      : missed.some(({ believed }) => believed)
        ? `${formatRate(failed)} do not`
        : `and ${formatRate(failed)} are more than the load generator could send on time: the server may carry more`
  return `${formatRate(met)} req/s meet the objective, ${above}`
}

/** Lowest rate first; repeats in the order in which they were made. */
export function orderProbes(probes: readonly RateProbe[]): RateProbe[] {
  return probes.toSorted((a, b) => a.ratePerSecond - b.ratePerSecond)
}

/** `met`, or why not; `measured` where nothing was to be met. */
export function probeVerdict({ why, believed }: RateProbe, objective: RateDocument['objective']): string {
  if (why === null) return objective === null ? 'measured' : 'met'
  return believed ? why : `not believed: ${why}`
}

/** How it was measured. */
export function openLoadSentence({ arrivals, seed, subjects, app }: RateDocument): string {
  const what = app === null ? 'a bundled workload' : app.spec
  const drawn = arrivals === 'poisson' && seed !== undefined ? `, seed ${seed}` : ''
  const count = subjects.reduce((sum, { probes }) => sum + probes.length, 0)
  return (
    `Open load on ${what}: requests leave by the clock (${arrivals} arrivals${drawn}), whatever became of earlier ones, and latency counts from the ` +
    `instant at which each was due. ${count} ${plural(count, 'window')} in all.`
  )
}
