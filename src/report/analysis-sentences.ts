import type { Candidate, Confirmation, ConnectionSweep } from '../result/analysis.js'
import { loopsOf } from '../result/configuration.js'
import type { AnalyzeDocument } from '../result/document.js'
import { formatChange, formatEffect, formatLatency, formatNumber, formatRate } from './format.js'
import { inWords, plural } from './sentences.js'

// What renderings say of the later phases of an analysis. Plain text: the medium wraps, escapes and colours.

/** One line for each effect that was confirmed, or the reason why none was; empty in results without a confirmation. */
export function confirmationSentences(document: AnalyzeDocument): string[] {
  const { confirmation } = document
  if (confirmation === undefined) return []
  if (confirmation.effects.length === 0) return [confirmation.note]
  return confirmation.effects.map((effect) => confirmedEffect(effect, confirmation, document))
}

function confirmedEffect(
  { key, against, effect, verdict, raceEffect }: Confirmation['effects'][number],
  { blocks }: Confirmation,
  { candidates, heuristic }: AnalyzeDocument,
): string {
  const race = raceEffect === null ? '' : `; the race, which selects, had ${formatChange(raceEffect.ratio)}`
  return (
    `${name(key, candidates)} against ${name(against, candidates)} on fresh servers, ${blocks} ${plural(blocks, 'block')}: ` +
    `${formatEffect(effect)} ${heuristic?.measure ?? 'throughput'}, ${verdict === 'inconclusive' ? 'cannot tell' : verdict}${race}`
  )
}

function name(key: string, candidates: readonly Candidate[]): string {
  const found = candidates.find((one) => one.key === key)
  return found === undefined ? key : inWords(found.configuration)
}

/** What to set, from the sweep; empty in results without one. */
export function connectionSentences(document: AnalyzeDocument): string[] {
  const { connections, recommendation } = document
  if (connections === undefined) return []
  const { advice, note } = connections
  const first = `${note.charAt(0).toUpperCase()}${note.slice(1)}`
  if (advice === null || recommendation === null) return [first]
  const loops = loopsOf(recommendation.configuration)
  const held =
    advice.workerConnections === null
      ? ''
      : ` Worker connections: ${advice.workerConnections} for each of ${loops} event ${plural(loops, 'loop')} are enough behind a balancer that shares its connections; clients that keep idle connections of their own need one each.`
  return [
    first,
    `Load balancer: at most ${advice.balancerLimit} requests at a time to this server; more only queue in it.${held} ` +
      `Backlog: ${advice.backlog}, about a second of work.`,
  ]
}

/** `8 clients 1,020 req/s 7.8 ms`, lowest first, for a compact line. */
export function sweepPoints({ points }: ConnectionSweep): string[] {
  return points.map(
    ({ connections, throughputRps, meanUs, believed }) =>
      `${formatNumber(connections).replace(/\.\d+$/, '')}: ${formatRate(throughputRps)} req/s, ${formatLatency(meanUs)}${believed ? '' : ' (not believed)'}`,
  )
}
