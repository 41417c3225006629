import type { AnalyzeDocument } from '../result/document.js'
import { configurationKey, sameConfiguration, type Configuration } from '../result/configuration.js'
import { objectiveText } from '../result/objective.js'
import type { Question } from '../result/question.js'
import { formatBytes, formatNumber } from './format.js'
import { inWords } from './sentences.js'

const OPTIMIZED: Record<Question['optimize'], string> = {
  throughput: 'the highest throughput',
  latency: 'the lowest latency',
  memory: 'the least memory',
  balanced: 'a balance of throughput, latency and memory',
}

/** `the highest throughput; p99<50ms; at most 512 MiB`; `null` where nothing but the plain question was asked. */
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
  const more = [
    ...(slo === null ? [] : [`the largest rate that keeps ${objectiveText(slo)}`]),
    ...(targetRps === null ? [] : [`enough for ${formatNumber(targetRps)} req/s`]),
    ...(maxMemoryBytes === null ? [] : [`at most ${formatBytes(maxMemoryBytes)}`]),
    ...(current === null
      ? []
      : [`${today(current.configuration)}: ${inWords(current.configuration)} (${current.source})`]),
    ...(tried.length === 0 ? [] : [`tried as well: ${tried.map(inWords).join(', ')}`]),
    ...(byKey.size === tried.length
      ? []
      : [`not tried: ${[...byKey.values()].filter(isLeftOut).map(inWords).join(', ')}`]),
  ]
  if (more.length === 0 && optimize === 'throughput') return null
  return [OPTIMIZED[optimize], ...more].join('; ')
}
