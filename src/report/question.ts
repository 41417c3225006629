import type { AnalyzeDocument } from '../result/document.js'
import { configurationKey, sameConfiguration, type Configuration } from '../result/configuration.js'
import { objectiveText } from '../result/objective.js'
import type { Question } from '../result/question.js'
import { formatBytes, formatNumber } from './format.js'
import { inWords } from './sentences.js'

const OPTIMIZED: Record<Question['optimize'], string> = {
  throughput: 'the highest throughput',
  latency: 'the lowest latency',
  memory: 'the least memory that costs at most a fifth of the throughput',
  balanced: 'a balance of throughput, latency and memory',
}

/** `the largest rate that keeps p99<50ms; at most 512 MiB`; `null` where nothing but the plain question was asked. */
export function questionSentence({ plan: { question }, candidates: found }: AnalyzeDocument): string | null {
  if (question === undefined) return null
  const { optimize, slo, targetRps, maxMemoryBytes, current, candidates } = question
  const isLeftOut = (one: Configuration): boolean =>
    found.some(
      ({ outcome, configuration }) => outcome === 'excluded' && sameConfiguration(configuration, one),
    )
  const byKey = new Map(candidates.map((one) => [configurationKey(one), one]))
  const tried = [...byKey.values()].filter((one) => !isLeftOut(one))
  const today = (one: Configuration): string =>
    isLeftOut(one) ? 'what runs today, which was not measured' : 'compared with what runs today'
  const rate = rateAsked(slo, targetRps)
  const more = [
    ...(maxMemoryBytes === null ? [] : [`at most ${formatBytes(maxMemoryBytes)}`]),
    ...(current === null
      ? []
      : [`${today(current.configuration)}: ${inWords(current.configuration)} (${current.source})`]),
    ...(tried.length === 0 ? [] : [`tried as well: ${tried.map(inWords).join(', ')}`]),
    ...(byKey.size === tried.length
      ? []
      : [`not tried: ${[...byKey.values()].filter(isLeftOut).map(inWords).join(', ')}`]),
  ]
  if (rate === null && more.length === 0 && optimize === 'throughput') return null
  // A rate that is asked for takes the place of the highest throughput.
  const best = rate !== null && optimize === 'throughput' ? [] : [OPTIMIZED[optimize]]
  return [...best, ...(rate === null ? [] : [rate]), ...more].join('; ')
}

/** What is asked of a rate: the largest within an objective, or the cheapest that carries the one that is given. */
function rateAsked(slo: Question['slo'], targetRps: Question['targetRps']): string | null {
  if (targetRps === null) return slo === null ? null : `the largest rate that keeps ${objectiveText(slo)}`
  const rate = `${formatNumber(targetRps)} req/s`
  return slo === null
    ? `the cheapest that carries ${rate}`
    : `the cheapest that keeps ${objectiveText(slo)} at ${rate}`
}
